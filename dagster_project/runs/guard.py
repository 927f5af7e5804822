"""Who may ask Dagster's UI: its own pages, and programs on this machine.

Dagster knows no users, so whoever reaches its UI may start a run. It listens on loopback, but any page that
is open in the operator's browser reaches that too: by an image, a form, a script, a frame or a web socket.
A browser says where a request comes from (`Sec-Fetch-Site`, in all browsers since 2023; `Origin` with every
POST and web socket), and a page cannot change what it says. So the guard asks where a request comes from, and
reads no query: how one is spelled does not matter.

- A request of another site, or of another port, is refused, except for following a link to a page of the UI.
- GraphQL by GET runs mutations, too. It is answered only where a page is asked for (`Accept: text/html`),
  which runs nothing.
- No page of another site may show the UI in a frame, where a click could be led to a button.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OWN_SITES = (None, "same-origin", "none")  # none: typed into the address bar
READS = ("GET", "HEAD")
REFUSAL = (
    "Refused: only this UI's own pages and programs on this machine may ask, and GraphQL only by POST.\n"
)


class OwnPagesOnly:
    """Passes on what the UI's own pages and local programs ask; answers everyone else with 403."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one web socket."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif _may_ask(scope):
            await self.app(scope, receive, _unframed(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "foreign origin"})
        else:
            await PlainTextResponse(REFUSAL, status_code=403)(scope, receive, send)


def _may_ask(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    is_read = scope.get("method") in READS
    is_graphql = "graphql" in scope["path"].lower()
    if is_read and is_graphql and "text/html" not in headers.get("accept", ""):
        return False
    if _is_own(headers):
        return True
    return is_read and not is_graphql and _follows_a_link(headers)


def _is_own(headers: Headers) -> bool:
    """Neither header names another origin. More than one `Origin` is none of a browser's."""
    origins = headers.getlist("origin")
    return (
        headers.get("sec-fetch-site") in OWN_SITES
        and len(origins) < 2
        and all(origin == f"http://{headers.get('host')}" for origin in origins)
    )


def _follows_a_link(headers: Headers) -> bool:
    """The whole window goes to the page; a frame of another site asks for an `iframe`."""
    return (
        headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
        and "origin" not in headers
    )


def _unframed(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["X-Frame-Options"] = "SAMEORIGIN"
            headers.append("Content-Security-Policy", "frame-ancestors 'self'")
            headers["Cross-Origin-Resource-Policy"] = "same-origin"
        await send(message)

    return send_with_headers
