"""Ways out of the house: a webhook, a mail server, and the heartbeat. Each in seconds, and encrypted.

What went wrong is a sentence that names the host and nothing else of an address, for its path is a secret.
For the same reason nothing that a server or a library says is repeated.
"""

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import SplitResult, unquote, urlsplit

import httpx

from dagster_project.settings import Settings

TIMEOUT = 10.0  # seconds: a night does not wait for a messenger
LOOPBACK = ("127.0.0.1", "::1", "localhost")
SMTP, SMTPS = 587, 465


class NotDelivered(Exception):
    """What a messenger ran into, as a sentence for people."""


def post(url: str, subject: str, text: str) -> None:
    """Post a message to a webhook as Slack reads it (Mattermost, Discord's /slack and others do too)."""
    told = f"{subject}\n{text}"
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):  # no link, no mention of everybody
        told = told.replace(sign, entity)
    _request("POST", "COFFER_ALERT_WEBHOOK", url, {"text": told})


def beat(url: str) -> None:
    """Say that a night was good; who listens tells when nobody says so (healthchecks.io and others)."""
    _request("GET", "COFFER_HEARTBEAT_URL", url, None)


def _request(method: str, variable: str, url: str, body: dict[str, str] | None) -> None:
    host = _checked(variable, url, "https", "http").hostname
    try:
        answer = httpx.request(method, url, json=body, timeout=TIMEOUT)  # follows no redirect
    except httpx.TimeoutException:
        raise NotDelivered(f"{host} did not answer in {TIMEOUT:.0f} seconds.") from None
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
        raise NotDelivered(f"{host} could not be reached.") from None
    if not answer.is_success:
        raise NotDelivered(f"{host} answered HTTP {answer.status_code}. Check {variable}.")


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
        with _server(url) as server:
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


def _server(url: SplitResult) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if url.scheme == "smtps":
        return smtplib.SMTP_SSL(url.hostname, url.port or SMTPS, timeout=TIMEOUT, context=context)
    server = smtplib.SMTP(url.hostname, url.port or SMTP, timeout=TIMEOUT)
    if url.hostname in LOOPBACK:
        return server
    try:
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
        raise NotDelivered(f"{host} would be told without encryption. Use https in {variable}.")
    return parts
