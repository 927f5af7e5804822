"""Ways out of the house: a webhook, a mail server, and the heartbeat. Each in seconds, and encrypted.

What went wrong is a sentence that names the host and nothing else of an address, for its path is a secret.
For the same reason nothing that a server or a library says is repeated.
"""

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from urllib.parse import SplitResult, unquote, urlsplit

import httpx

from dagster_project.feeds.exchange import exchange
from dagster_project.settings import Settings

TIMEOUT = 10.0  # seconds: a run does not wait for a messenger
LOOPBACK = ("127.0.0.1", "::1", "localhost")
SMTP, SMTPS = 587, 465


class NotDelivered(Exception):
    """What a messenger ran into, as a sentence for people."""


def post(url: str, subject: str, text: str) -> None:
    """Post a message to a webhook as Slack reads it (Mattermost, Discord's /slack and others do too)."""
    message = f"{subject}\n{text}"
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):  # no link, no mention of everybody
        message = message.replace(sign, entity)
    _request("POST", "COFFER_ALERT_WEBHOOK", url, {"text": message})


def beat(url: str) -> None:
    """Report a good run; the listener raises an alarm when none is reported (healthchecks.io and others)."""
    _request("GET", "COFFER_HEARTBEAT_URL", url, None)


def _request(method: str, variable: str, url: str, body: dict[str, str] | None) -> None:
    host = _checked(variable, url, "https", "http").hostname
    try:
        answer = exchange(method, url, TIMEOUT, json=body)  # of the answer only the status matters
    except TimeoutError:
        raise NotDelivered(f"{host} did not answer in {TIMEOUT:.0f} seconds.") from None
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
        raise NotDelivered(f"{host} could not be reached.") from None
    if not 200 <= answer.status < 300:
        raise NotDelivered(f"{host} answered HTTP {answer.status}. Check {variable}.")


def mail(settings: Settings, subject: str, text: str) -> None:
    """Send a message: smtps:// encrypts from the first byte, smtp:// must be offered STARTTLS."""
    url = _checked("COFFER_ALERT_SMTP", settings.alert_smtp, "smtps", "smtp")
    recipients = [it.strip() for it in settings.alert_to.split(",") if it.strip()]
    if not recipients:
        raise NotDelivered("COFFER_ALERT_TO names nobody to write to.")
    user = unquote(url.username or "")
    message = EmailMessage()
    try:
        message["Subject"], message["To"] = subject, ", ".join(recipients)
        message["From"] = user if "@" in user else recipients[0]
        message.set_content(text)
        with _within(TIMEOUT) as watch, _server(url, watch) as server:
            if user:
                server.login(user, settings.alert_smtp_password)
            server.send_message(message)
    except TimeoutError:
        raise NotDelivered(f"{url.hostname} did not answer in {TIMEOUT:.0f} seconds.") from None
    except smtplib.SMTPAuthenticationError:
        raise NotDelivered(f"{url.hostname} does not know the user or COFFER_ALERT_SMTP_PASSWORD.") from None
    except smtplib.SMTPNotSupportedError:
        raise NotDelivered(f"{url.hostname} offers no encryption or no login. Try smtps://.") from None
    except smtplib.SMTPRecipientsRefused:
        raise NotDelivered(f"{url.hostname} refuses every address of COFFER_ALERT_TO.") from None
    except (OSError, smtplib.SMTPException, ValueError):
        raise NotDelivered(f"{url.hostname} could not be reached, or refused the message.") from None


@contextmanager
def _within(seconds: float) -> Iterator[list[smtplib.SMTP]]:
    """End a conversation that lasts longer, however slowly it goes on. smtplib's timeout begins again with
    each byte, so the sockets of those who are put on the list are shut down. Raises TimeoutError.
    """
    watched: list[smtplib.SMTP] = []
    is_over = threading.Event()

    def end() -> None:
        is_over.set()
        for server in watched:
            with suppress(OSError, AttributeError):  # not connected yet, or no more
                server.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield watched
    except (OSError, smtplib.SMTPException):
        if is_over.is_set():
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()


def _server(url: SplitResult, watch: list[smtplib.SMTP]) -> smtplib.SMTP:
    """A connected server; it is on the list before it connects."""
    context = ssl.create_default_context()
    is_encrypted = url.scheme == "smtps"
    server = (
        smtplib.SMTP_SSL(timeout=TIMEOUT, context=context) if is_encrypted else smtplib.SMTP(timeout=TIMEOUT)
    )
    watch.append(server)
    try:
        setattr(server, "_host", url.hostname)  # noqa: B010 what smtplib checks the certificate for
        server.connect(url.hostname, url.port or (SMTPS if is_encrypted else SMTP))
        if not is_encrypted and url.hostname not in LOOPBACK:
            server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server


def _checked(variable: str, url: str, encrypted: str, plain: str) -> SplitResult:
    """The parts of an address that may be asked: encrypted, or anything on this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme not in (encrypted, plain):
        raise NotDelivered(f"{variable} is not of the form {encrypted}://host/…. Correct it.")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise NotDelivered(f"{host} would be sent to without encryption. Use https in {variable}.")
    return parts
