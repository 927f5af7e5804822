"""JSON from a server of somebody else: bounded in time and size, asked again with patience, never believed.

A message names the host and nothing else of a request: its path may hold an address, its headers a key. For
the same reason nothing that the server or httpx says is repeated.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx
import tenacity

from dagster_project.feeds.exchange import Answer, TooLarge, exchange

ATTEMPTS = 5
LONGEST_WAIT = 60.0  # seconds; a host that asks for more is asked again in the next run
LONGEST_ANSWER = 60.0  # seconds from the request to the last byte
LONGEST_VISIT = 900.0  # seconds for all requests of a run, so that a slow host does not hold up the books
MOST_BYTES = 8 << 20  # 720 candles of Kraken are 60 KB
LOOPBACK = ("127.0.0.1", "::1", "localhost")
BAD_ADDRESS = "The address of the server is not of the form https://host/path. Correct it."
BACKOFF = tenacity.wait_exponential_jitter(initial=1, max=30, jitter=1)

for chatty in ("httpx", "httpcore"):  # they log whole addresses of requests, and paths hold wallet addresses
    logging.getLogger(chatty).setLevel(logging.WARNING)


class FeedFailed(Exception):
    """What a feed ran into, as a sentence for people."""


class _Passing(Exception):
    """What may be gone the next time; `wait` is how many seconds the host asks for."""

    def __init__(self, what: str, wait: float | None = None) -> None:
        super().__init__(what)
        self.wait = wait


class Host:
    """One server, asked at most once every `pause` seconds; `sleep` and `clock` are other ones in tests."""

    def __init__(
        self,
        url: str,
        pause: float,
        headers: Mapping[str, str] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = _checked_name(url)
        self.said_at: datetime | None = None  # the host's own clock, when it answered last
        self._pause, self._sleep, self._clock = pause, sleep, clock
        self._opened_at = clock()
        self._asked_at: float | None = None
        # Bytes as they are: what is not decompressed cannot grow.
        headers = {"user-agent": "coffer", "accept-encoding": "identity"} | dict(headers or {})
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            raise FeedFailed(f"{self.name}: the key holds a character that no key has. Set it again.")
        self._url, self._headers = url.rstrip("/"), headers

    def get(self, path: str, **parameters: str | int) -> object:
        """The JSON behind a path, fractions as the text they were; raises FeedFailed once patience ends."""
        asking = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Passing),
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=_wait,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return asking(self._ask, path, parameters)
        except _Passing as failure:
            raise FeedFailed(f"{self.name} {failure}, {ATTEMPTS} times.") from None

    def _ask(self, path: str, parameters: dict[str, str | int]) -> object:
        if self._clock() - self._opened_at > LONGEST_VISIT:
            raise FeedFailed(f"{self.name} is too slow. It is asked again in the next run.")
        self._keep_pace()
        try:
            answer = exchange(
                "GET",
                f"{self._url}/{path.lstrip('/')}",
                LONGEST_ANSWER,
                MOST_BYTES,
                self._headers,
                parameters,
            )
        except TimeoutError:
            raise _Passing("did not answer in time") from None
        except TooLarge:
            raise FeedFailed(
                f"{self.name} sent more than {MOST_BYTES >> 20} MB, so nothing was read."
            ) from None
        except httpx.InvalidURL:
            raise FeedFailed(BAD_ADDRESS) from None
        except httpx.HTTPError:
            raise _Passing("could not be reached, or broke off") from None
        self.said_at = _date(answer)
        self._check(answer)
        try:
            return json.loads(answer.body, parse_float=str, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise _Passing("sent something that is not JSON, or only a part of it") from None

    def _keep_pace(self) -> None:
        if self._asked_at is not None and (early := self._asked_at + self._pause - self._clock()) > 0:
            self._sleep(early)
        self._asked_at = self._clock()

    def _check(self, answer: Answer) -> None:
        status = answer.status
        if status == 200:
            return
        if 300 <= status < 400:
            raise FeedFailed(f"{self.name} redirects to another address, which Coffer does not follow.")
        if status in (408, 425, 429) or status >= 500:
            wait = _retry_after(answer)
            if wait is not None and wait > LONGEST_WAIT:
                raise FeedFailed(f"{self.name} asks for patience (HTTP {status}), until the next run.")
            raise _Passing(f"answered HTTP {status}", wait)
        raise FeedFailed(f"{self.name} answered HTTP {status}. Check the symbol or address, and the key.")


def _checked_name(url: str) -> str:
    """The host of an address that may be asked: https, or anything on this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise FeedFailed(BAD_ADDRESS) from None
    name = parts.hostname or ""
    if not name or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        raise FeedFailed(BAD_ADDRESS)
    if parts.scheme != "https" and name not in LOOPBACK:
        raise FeedFailed(f"{name} would be asked without encryption. Use https.")
    return name


def _wait(state: tenacity.RetryCallState) -> float:
    asked_for = getattr(state.outcome.exception(), "wait", None)
    return BACKOFF(state) if asked_for is None else asked_for


def _retry_after(answer: Answer) -> float | None:
    """Seconds of the header Retry-After, which holds seconds or a date."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    until, now = _http_date(text), _date(answer)
    return max((until - now).total_seconds(), 0.0) if until and now else None


def _date(answer: Answer) -> datetime | None:
    return _http_date(answer.headers.get("date", ""))


def _http_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _refuse_constant(_: str) -> object:
    raise ValueError  # NaN and Infinity, which JSON does not have
