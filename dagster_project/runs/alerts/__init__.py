"""One alert a run about what deserves a look, to a webhook and by mail; a heartbeat where all went well.

Nothing here can end a run: what could not be delivered is in the summary and the run log, and is sent
again by the next run.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from dagster_project.published.builds import Published
from dagster_project.runs.alerts import alert, delivery
from dagster_project.runs.alerts.alert import Alert
from dagster_project.runs.alerts.delivery import NotDelivered
from dagster_project.runs.run import Run, Sent
from dagster_project.settings import Settings

log = logging.getLogger("coffer")


def send_alert(settings: Settings, run: Run, now: datetime) -> Sent:
    """Send a run's alert, and the heartbeat if it was good. Never raises; the caller holds the lock."""
    sent = Sent()
    if not (run.published or run.failure):
        return sent  # somebody built a part by hand: neither good nor failed
    if is_configured(settings):
        try:
            found = alert.of_run(settings, run)
            if found.deserves_a_message:
                sent = send(settings, *_composed(settings, found, now))
            if sent.delivered or not found.deserves_a_message:
                alert.remember(settings, found, now.date())
        except Exception as error:  # its text may hold anything
            sent.failures.append(f"Composing the alert ran into {type(error).__name__}. Try `coffer alert`.")
    if run.published and settings.heartbeat_url:
        _attempt(sent, "heartbeat", lambda: delivery.beat(settings.heartbeat_url))
    for failure in sent.failures:
        log.warning("alert: %s", failure)
    return sent


def preview(settings: Settings, build: Published, now: datetime) -> tuple[str, str, list[str]]:
    """What a run that ends with this build would send, subject and text, and what was sent before."""
    found = alert.of_build(settings, build)
    subject, text = _composed(settings, found, now) if found.deserves_a_message else ("", "")
    sent_before = [settings.redacted(f"{it.sentence} (since {it.since})") for it in found.still]
    return subject, text, sent_before


def is_configured(settings: Settings) -> bool:
    """Whether there is anybody to send to."""
    return bool(settings.alert_webhook or settings.alert_smtp)


def _composed(settings: Settings, found: Alert, now: datetime) -> tuple[str, str]:
    subject, text = alert.compose(found, now.astimezone(UTC).date(), site(settings))
    return settings.redacted(subject), settings.redacted(text)


def send(settings: Settings, subject: str, text: str) -> Sent:
    """Send a message every way that is set."""
    sent = Sent(subject)
    if settings.alert_webhook:
        _attempt(sent, "webhook", lambda: delivery.post(settings.alert_webhook, subject, text))
    if settings.alert_smtp:
        _attempt(sent, "mail", lambda: delivery.mail(settings, subject, text))
    return sent


def _attempt(sent: Sent, what: str, deliver: Callable[[], None]) -> None:
    try:
        deliver()
    except NotDelivered as error:
        sent.failures.append(f"{what}: {error}")
    except Exception as error:  # its text may hold a secret
        sent.failures.append(f"{what}: ran into {type(error).__name__}. Report this bug.")
    else:
        sent.delivered.append(what)


def site(settings: Settings) -> str:
    """Where readers open the site, ending in a slash; "" where the published build has none."""
    folder = settings.published / "current" / "site"
    if settings.site_url:
        return settings.site_url.rstrip("/") + "/"
    return f"{folder}/" if folder.exists() else ""
