"""One message a night about what deserves a look, to a webhook and by mail; a heartbeat where all went well.

Nothing here can end a night: what could not be delivered is told in the summary and the journal, and is news
again the next night.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from dagster_project.published.builds import Published
from dagster_project.runs.alerts import delivery, news
from dagster_project.runs.alerts.delivery import NotDelivered
from dagster_project.runs.alerts.news import News
from dagster_project.runs.run import Run, Sent
from dagster_project.settings import Settings

log = logging.getLogger("coffer")


def tell(settings: Settings, night: "Run", now: datetime) -> Sent:
    """Send a night's news, and the heartbeat if it was good. Never raises; the caller holds the lock."""
    told = Sent()
    if not (night.published or night.failure):
        return told  # somebody built a part by hand: neither good nor failed
    if is_configured(settings):
        try:
            found = news.of_night(settings, night)
            if found.deserves_a_message:
                told = send(settings, *_composed(settings, found, now))
            if told.delivered or not found.deserves_a_message:
                news.remember(settings, found, now.date())
        except Exception as error:  # its text may hold anything
            told.failures.append(f"Finding the news ran into {type(error).__name__}. Try `coffer alert`.")
    if night.published and settings.heartbeat_url:
        _attempt(told, "heartbeat", lambda: delivery.beat(settings.heartbeat_url))
    for failure in told.failures:
        log.warning("alert: %s", failure)
    return told


def preview(settings: Settings, build: Published, now: datetime) -> tuple[str, str, list[str]]:
    """What a night that ends with this build would send, subject and text, and what was told before."""
    found = news.of_build(settings, build)
    subject, text = _composed(settings, found, now) if found.deserves_a_message else ("", "")
    told_before = [settings.redacted(f"{it.sentence} (since {it.since})") for it in found.still]
    return subject, text, told_before


def is_configured(settings: Settings) -> bool:
    """Whether there is anybody to tell."""
    return bool(settings.alert_webhook or settings.alert_smtp)


def _composed(settings: Settings, found: News, now: datetime) -> tuple[str, str]:
    subject, text = news.compose(found, now.astimezone(UTC).date(), site(settings))
    return settings.redacted(subject), settings.redacted(text)


def send(settings: Settings, subject: str, text: str) -> Sent:
    """Send a message every way that is set."""
    told = Sent(subject)
    if settings.alert_webhook:
        _attempt(told, "webhook", lambda: delivery.post(settings.alert_webhook, subject, text))
    if settings.alert_smtp:
        _attempt(told, "mail", lambda: delivery.mail(settings, subject, text))
    return told


def _attempt(told: Sent, what: str, deliver: Callable[[], None]) -> None:
    try:
        deliver()
    except NotDelivered as error:
        told.failures.append(f"{what}: {error}")
    except Exception as error:  # its text may hold a secret
        told.failures.append(f"{what}: ran into {type(error).__name__}. Report this bug.")
    else:
        told.delivered.append(what)


def site(settings: Settings) -> str:
    """Where readers open the site, ending in a slash; "" where the published build has none."""
    folder = settings.published / "current" / "site"
    if settings.site_url:
        return settings.site_url.rstrip("/") + "/"
    return f"{folder}/" if folder.exists() else ""
