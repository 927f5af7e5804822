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

ATTEMPTS = 5
LONGEST_WAIT = 60.0  # seconds; a host that asks for more is asked again the next night
LONGEST_ANSWER = 60.0  # seconds from the request to the last byte
LONGEST_VISIT = 900.0  # seconds for all requests of a night, so that a slow host does not hold up the books
MOST_BYTES = 8 << 20  # 720 candles of Kraken are 60 KB
TIMEOUT = httpx.Timeout(20.0, connect=10.0)
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
        self._opened_at, self._asked_at = clock(), None
        # Bytes as they are: what is not decompressed cannot grow.
        headers = {"user-agent": "coffer", "accept-encoding": "identity"} | dict(headers or {})
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            raise FeedFailed(f"{self.name}: the key holds a character that no key has. Set it again.")
        try:
            self._client = httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT)  # follows no redirect
        except httpx.InvalidURL:
            raise FeedFailed(BAD_ADDRESS) from None

    def __enter__(self) -> "Host":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

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
            raise FeedFailed(f"{self.name} is too slow. It is asked again the next night.")
        self._keep_pace()
        began = self._clock()
        try:
            with self._client.stream("GET", path, params=parameters) as response:
                self.said_at = _date(response)
                self._check(response)
                body = self._read(response, began)
        except httpx.TimeoutException:
            raise _Passing("did not answer in time") from None
        except httpx.HTTPError:
            raise _Passing("could not be reached, or broke off") from None
        try:
            return json.loads(body, parse_float=str, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise _Passing("sent something that is not JSON, or only a part of it") from None

    def _keep_pace(self) -> None:
        if self._asked_at is not None and (early := self._asked_at + self._pause - self._clock()) > 0:
            self._sleep(early)
        self._asked_at = self._clock()

    def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == 200:
            return
        if response.is_redirect:
            raise FeedFailed(f"{self.name} redirects to another address, which Coffer does not follow.")
        if status in (408, 425, 429) or status >= 500:
            wait = _retry_after(response)
            if wait is not None and wait > LONGEST_WAIT:
                raise FeedFailed(f"{self.name} asks for patience (HTTP {status}), until the next night.")
            raise _Passing(f"answered HTTP {status}", wait)
        raise FeedFailed(f"{self.name} answered HTTP {status}. Check the symbol or address, and the key.")

    def _read(self, response: httpx.Response, began: float) -> bytes:
        body = bytearray()
        for piece in response.iter_raw(1 << 16):
            body += piece
            if len(body) > MOST_BYTES:
                raise FeedFailed(f"{self.name} sent more than {MOST_BYTES >> 20} MB, so nothing was read.")
            if self._clock() - began > LONGEST_ANSWER:
                raise _Passing("did not come to an end in time")
        return bytes(body)


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
    asked_for = state.outcome.exception().wait
    return BACKOFF(state) if asked_for is None else asked_for


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds of the header Retry-After, which holds seconds or a date."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    until, now = _http_date(text), _date(response)
    return max((until - now).total_seconds(), 0.0) if until and now else None


def _date(response: httpx.Response) -> datetime | None:
    return _http_date(response.headers.get("date", ""))


def _http_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _refuse_constant(_: str) -> object:
    raise ValueError  # NaN and Infinity, which JSON does not have
