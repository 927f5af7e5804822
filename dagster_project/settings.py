"""Every path and environment variable, in one frozen object; nobody else reads the environment.

| variable | default | what it points at |
|---|---|---|
| `COFFER_DATA` | `data/` | landed files, raw and warehouse databases, published builds, Dagster's history |
| `COFFER_INBOX` | `data/sample/` | where new files arrive: one folder per source, `<inbox>/<source>/…` |
| `COFFER_SEEDS` | `seeds/` | facts that no feed sends: companies, accounts, assets, loans … |
| `COFFER_SCHEDULE` | `30 2 * * *` | when the nightly run starts, as a cron line in UTC |
| `COFFER_MAX_HOURS` | `4` | how long a run may take; then it ends itself |
| `COFFER_MEMORY_LIMIT` | `80%` | how much memory DuckDB takes before it spills to the disk: `4GB`, `50%` |
| `COFFER_ESPLORA_URL` | none | the Esplora-compatible server that is asked for balances of bitcoin |
| `COFFER_COINGECKO_KEY` | none | CoinGecko's key; a secret, never logged, and never handed to dbt |
| `COFFER_ALERT_WEBHOOK` | none | where the alert of a run is posted, as for Slack; a secret |
| `COFFER_ALERT_SMTP` | none | the mail server for alerts: `smtps://user@host` or `smtp://user@host:587` |
| `COFFER_ALERT_SMTP_PASSWORD` | none | its password; a secret |
| `COFFER_ALERT_TO` | none | who gets the mail, parted by commas |
| `COFFER_ALERT_NEAR` | `0.1` | how near a margin call or liquidation is reported: a tenth of the threshold |
| `COFFER_SITE_URL` | none | where readers open the published site, for the links in alerts |
| `COFFER_HEARTBEAT_URL` | none | what is called after each good run; a secret |
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCHEDULE = r"[\w*/,#-]+( [\w*/,#-]+){4}"
HOURS = r"(?!0+(\.0*)?$)\d{1,4}(\.\d+)?"
MEMORY = r"\d+(\.\d+)? ?(%|[KMGT]i?B)"


@dataclass(frozen=True)
class Settings:
    """Where everything is. All paths are absolute.

    With `known_on`, dbt builds what was known at the end of that day (UTC), in its own folder.
    """

    data: Path
    inbox: Path
    seeds: Path
    schedule: str = "30 2 * * *"
    max_hours: float = 4
    memory_limit: str = "80%"
    esplora_url: str = field(default="", repr=False)  # may hold a password
    coingecko_key: str = field(default="", repr=False)
    alert_webhook: str = field(default="", repr=False)
    alert_smtp: str = field(default="", repr=False)  # may hold a password
    alert_smtp_password: str = field(default="", repr=False)
    alert_to: str = ""
    alert_near: str = "0.1"
    site_url: str = ""
    heartbeat_url: str = field(default="", repr=False)
    dbt: Path = ROOT / "dbt"
    known_on: date | None = None

    @property
    def staging(self) -> Path:
        """The folder whose `_<source>.yml` files are the header contracts."""
        return self.dbt / "models" / "staging"

    @property
    def fetched(self) -> Path:
        """What feeds have fetched: a second inbox, one folder per source, that only Coffer writes."""
        return self.data / "fetched"

    @property
    def landing(self) -> Path:
        """The original bytes of every file ever accepted."""
        return self.data / "landing"

    @property
    def rejected(self) -> Path:
        """Files that broke their contract, each with a text that says why and what to do."""
        return self.data / "rejected"

    @property
    def raw(self) -> Path:
        """The landed rows as text; written by landing alone."""
        return self.data / "raw.duckdb"

    @property
    def warehouse(self) -> Path:
        """What dbt builds; disposable."""
        return self._work / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """What analysts open: `current` points at the last good build."""
        return self.data / "published"

    @property
    def run_log(self) -> Path:
        """What each run did, one file a run."""
        return self.data / "runs"

    @property
    def alerts(self) -> Path:
        """What was open when an alert was last sent."""
        return self.data / "alerts.json"

    def redacted(self, text: str) -> str:
        """A text without any secret of these settings, whoever wrote it."""
        secrets = (
            self.esplora_url,
            self.coingecko_key,
            self.alert_webhook,
            self.alert_smtp,
            self.alert_smtp_password,
            self.heartbeat_url,
        )
        for secret in sorted(filter(None, secrets), key=len, reverse=True):
            text = text.replace(secret, "…")
        return text

    @property
    def dbt_target(self) -> Path:
        """dbt's manifest, run results and logs: one owner, one folder per warehouse."""
        return self._work / "dbt"

    @property
    def staged_seeds(self) -> Path:
        """The company's seeds as dbt reads them, with every declared column and the line of each row."""
        return self.dbt_target / "seeds"

    @property
    def as_known(self) -> Path:
        """Looks back: a folder per day, with the marts as they were known at its end."""
        return self.data / "as_known"

    @property
    def _work(self) -> Path:
        return self.as_known / f"{self.known_on}.tmp" if self.known_on else self.data

    @property
    def dagster_home(self) -> Path:
        """Dagster's run history and its configuration."""
        return self.data / "dagster"

    @property
    def lock(self) -> Path:
        """The file whose flock makes a run the only writer."""
        return self.data / ".writer.lock"

    def environment(self) -> dict[str, str]:
        """What child processes (dbt, Dagster) need to see the same folders."""
        return {
            "COFFER_DATA": str(self.data),
            "COFFER_INBOX": str(self.inbox),
            "COFFER_SEEDS": str(self.seeds),
            "COFFER_SCHEDULE": self.schedule,
            "COFFER_MAX_HOURS": str(self.max_hours),
            "COFFER_MEMORY_LIMIT": self.memory_limit,
            "COFFER_STAGED_SEEDS": str(self.staged_seeds),
            "COFFER_WAREHOUSE": str(self.warehouse),
            "DAGSTER_HOME": str(self.dagster_home),
            "DBT_PROFILES_DIR": str(self.dbt),
            "DBT_TARGET_PATH": str(self.dbt_target / "target"),
            "DBT_LOG_PATH": str(self.dbt_target / "logs"),
            "NUMBA_CACHE_DIR": str(self.data / "numba"),  # what a run writes stays in its folder
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DO_NOT_TRACK": "1",
        }


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from environment variables; an empty variable counts as unset.

    Exits with the name of a variable that cannot be what it says.
    """

    def folder(name: str, default: str) -> Path:
        return Path(environ.get(name) or ROOT / default).expanduser().resolve()

    def word(name: str, default: str = "") -> str:
        return environ.get(name, "").strip() or default

    def checked(name: str, default: str, pattern: str, what: str) -> str:
        value = word(name, default)
        if not re.fullmatch(pattern, value):
            raise SystemExit(f"{name} is {value!r}. It must be {what}.")
        return value

    return Settings(
        data=folder("COFFER_DATA", "data"),
        inbox=folder("COFFER_INBOX", "data/sample"),
        seeds=folder("COFFER_SEEDS", "seeds"),
        schedule=checked("COFFER_SCHEDULE", Settings.schedule, SCHEDULE, "a cron line, such as 30 2 * * *"),
        max_hours=float(
            checked("COFFER_MAX_HOURS", f"{Settings.max_hours}", HOURS, "hours above zero, such as 4 or 0.5")
        ),
        memory_limit=checked("COFFER_MEMORY_LIMIT", Settings.memory_limit, MEMORY, "such as 4GB or 50%"),
        esplora_url=word("COFFER_ESPLORA_URL"),
        coingecko_key=word("COFFER_COINGECKO_KEY"),
        alert_webhook=word("COFFER_ALERT_WEBHOOK"),
        alert_smtp=word("COFFER_ALERT_SMTP"),
        alert_smtp_password=word("COFFER_ALERT_SMTP_PASSWORD"),
        alert_to=word("COFFER_ALERT_TO"),
        alert_near=word("COFFER_ALERT_NEAR", Settings.alert_near),
        site_url=word("COFFER_SITE_URL"),
        heartbeat_url=word("COFFER_HEARTBEAT_URL"),
    )
