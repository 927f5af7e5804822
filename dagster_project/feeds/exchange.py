"""One HTTP exchange with a server of somebody else, bounded in time and in bytes.

The deadline holds for the whole exchange: name, connection, TLS, headers and body. A timeout of httpx begins
again with each byte that comes, so a server that sends one a second would be listened to for hours. The body
is taken as it is sent, so what a server has compressed cannot grow here.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx


class TooLarge(Exception):
    """The answer has more bytes than asked for."""


@dataclass(frozen=True)
class Answer:
    """What the server answered; `body` is empty where none was asked for."""

    status: int
    headers: httpx.Headers
    body: bytes = b""


def exchange(
    method: str,
    url: str,
    seconds: float,
    most_bytes: int = 0,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str | int] | None = None,
    json: object = None,
) -> Answer:
    """Ask once and follow no redirect; with `most_bytes` of 0 only status and headers are read.

    Raises TimeoutError after `seconds`, TooLarge, httpx.HTTPError where the server cannot be reached or
    breaks off, httpx.InvalidURL or UnicodeError where the address is none.
    """

    async def ask() -> Answer:
        async with asyncio.timeout(seconds), httpx.AsyncClient(timeout=seconds) as client:
            sent_headers = dict(headers or {})
            async with client.stream(method, url, headers=sent_headers, params=params, json=json) as response:
                body = bytearray()
                if most_bytes:
                    async for piece in response.aiter_raw():
                        body += piece
                        if len(body) > most_bytes:
                            raise TooLarge
                return Answer(response.status_code, response.headers, bytes(body))

    # Its own thread, for a loop may be running in this one.
    with ThreadPoolExecutor(1) as thread:
        try:
            return thread.submit(asyncio.run, ask()).result()
        except httpx.TimeoutException:
            raise TimeoutError from None
