"""Alert of a night: told once, to whom it concerns, without a secret, and never at the night's expense."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from typer.testing import CliRunner

from dagster_project.build.checks import AuditFailed, Check
from dagster_project.build.warehouse import BuildFailed
from dagster_project.cli import app, screen
from dagster_project.cli.run_nightly import run_nightly
from dagster_project.feeds import FeedReport, Fetched
from dagster_project.landing import LandingReport
from dagster_project.published import builds
from dagster_project.published.publish import publish
from dagster_project.runs import alerts, run_log
from dagster_project.runs.alerts import alert, delivery
from dagster_project.runs.alerts.alert import Alert, Finding, compare, compose
from dagster_project.runs.run import Run, Sent
from dagster_project.settings import ROOT, load_settings

FIRST = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
# What the queries read of a published build; the hand-made house has no such marts.
MARTS = """
create schema marts;
create schema marts_meta;
create table marts_meta.warnings as select 'what_is_sent_arrives' as check_name, 7::bigint as failures,
    'operator' as owner;
create table marts.loans as select * from (values
    ('near', 'acme', 'Harbor', 'current', 'below_margin_call_ltv', 0.62, 0.65, 0.80, false),
    ('far', 'acme', 'Harbor', 'current', 'below_margin_call_ltv', 0.40, 0.65, 0.80, false),
    ('called', 'acme', '<!here> & co', 'margin_call', 'at_or_above_margin_call_ltv', 0.70, 0.65, 0.80, true),
    ('last', 'acme', 'Harbor', 'margin_call', 'at_or_above_margin_call_ltv', 0.75, 0.65, 0.80, false),
    ('lost', 'acme', 'Harbor', 'default', 'at_or_above_liquidation_ltv', 0.90, 0.65, 0.80, false),
    ('old', 'acme', 'Harbor', 'price_unknown', 'collateral_price_unknown', null, 0.65, 0.80, false),
    ('done', 'acme', 'Harbor', 'repaid', 'repaid', null, 0.65, 0.80, false),
    ('silent', 'acme', 'Harbor', 'terms_unknown', 'no_threshold_published', 1.06, null, null, false)
) as t (loan_id, company_id, lender, loan_state, state_rule, ltv_ratio, margin_call_ltv_ratio,
    liquidation_ltv_ratio, is_illustrative);
alter table marts.loans alter ltv_ratio type decimal(18, 6);
alter table marts.loans alter margin_call_ltv_ratio type decimal(9, 6);
alter table marts.loans alter liquidation_ltv_ratio type decimal(9, 6);
alter table marts.loans add column as_of date default '2026-11-22';
alter table marts.loans add column cure_due_at timestamp;
alter table marts.loans add column collateral_asset varchar default 'BTC';
alter table marts.loans add column collateral_price_usd decimal(28, 8) default 62811.67;
alter table marts.loans add column price_to_margin_call_usd decimal(28, 8) default 59000;
alter table marts.loans add column headroom_usd decimal(18, 2) default -1234567.5;
create table marts.loans_daily as select loan_id, date '2026-11-22' as date,
    if(loan_state = 'margin_call', date '2026-11-20', null) as margin_called_on from marts.loans;
create table marts.reconciliation as select
    'acme' as company_id, 'acme:custody' as account_id, 'BTC' as asset_id, 'custodian' as statement,
    'treasury_csv' as statement_source, timestamp '2026-10-31' + to_days(i::int) as as_of,
    5::decimal(38, 18) as ours_quantity, 5.5::decimal(38, 18) as theirs_quantity,
    -0.5::decimal(38, 18) as difference_quantity, -50000::decimal(18, 2) as difference_usd,
    if(i = 0, 'agreed', 'break') as status, timestamp '2026-11-01' as broken_since,
    null::timestamp as agreed_again_at from range(3) r(i);
create table marts.price_breaks as select 'BTC' as asset_id, date '2026-11-01' + i::int as date,
    'disagreement' as break_kind, 'kraken' as price_source, 'coinbase' as other_source,
    100000::decimal(28, 8) as price_usd, 102000.5::decimal(28, 8) as other_price_usd from range(2) r(i);
create table marts.rejected_rows as select 'f.csv' as source_file, 'aa' as source_sha256, 'events' as entity,
    i::bigint as source_row, 'bad_number' as reason, 'f.csv, row ' || i || ': "x" is no number' as message,
    timestamp '2026-11-23 02:30' as landed_at from range(7, 10) r(i);
"""


@pytest.fixture
def house(settings, hook, mailbox):
    """A published build with one finding of each kind, and both ways of telling."""
    settings = replace(
        settings,
        alert_webhook=hook.url,
        alert_smtp=f"smtp://coffer:in-the-url@127.0.0.1:{mailbox.port}",
        alert_smtp_password="mail-secret",
        alert_to="controller@acme.example, cfo@acme.example",
        site_url="https://coffer.acme.example/",
        heartbeat_url=hook.url.replace("/services/", "/ping/"),
    )
    aside = builds.start(settings)
    with duckdb.connect(aside / "coffer.duckdb") as connection:
        connection.execute(MARTS)
    told = dict.fromkeys(("build_id", "published_at", "data_date", "digest"), "20261123T023000Z")
    build = builds.finish(settings, aside, told | {"marts": {}})
    build.database.chmod(0o644)
    return settings


def good(settings, nights_later=0, **what):
    return Run(FIRST + timedelta(days=nights_later), published=builds.current(settings), **what)


def failed(failure, nights_later=0):
    return Run(FIRST + timedelta(days=nights_later), failure=failure)


def change(settings, statement):
    with duckdb.connect(builds.current(settings).database) as connection:
        connection.execute(statement)


def send_alert(settings, night):
    return alerts.send_alert(settings, night, night.now)


def text_of(hook):
    return json.loads(hook.posted[-1])["text"]


def test_a_night_is_one_message_by_each_way_and_a_heartbeat(house, hook, mailbox):
    told = send_alert(house, good(house))
    assert told.delivered == ["webhook", "mail", "heartbeat"]
    assert told.failures == []
    assert len(hook.posted) == len(mailbox.mails) == 1
    assert hook.called == ["/services/T0/B0/hook-secret", "/ping/T0/B0/hook-secret"]
    [mail] = mailbox.mails
    assert mail["Subject"] == told.subject == "Coffer 2026-11-23: 9 new, 0 settled, 0 still open"
    assert mail["To"] == "controller@acme.example, cfo@acme.example"
    assert mail["From"] == "controller@acme.example"


def test_the_message_says_what_how_much_since_when_and_where_to_look(house, hook):
    send_alert(house, good(house))
    loans, quality = "https://coffer.acme.example/loans.html", "https://coffer.acme.example/quality.html"
    prices = "BTC at 62,811.67, call at 59,000.00; headroom -1,234,567.50 USD"
    terms = f"call from 0.65, liquidation from 0.8; {prices}"
    assert text_of(hook).splitlines() == [
        "Coffer 2026-11-23: 9 new, 0 settled, 0 still open",
        "New (9)",
        "- acme, loan called from &lt;!here&gt; &amp; co: margin call; loan-to-value 0.7, "
        f"{terms} (illustrative) (since 2026-11-20) {loans}",
        "- acme, loan last from Harbor: near liquidation; loan-to-value 0.75, "
        f"{terms} (since 2026-11-20) {loans}",
        "- acme, loan lost from Harbor: in default by the rule at_or_above_liquidation_ltv; "
        f"loan-to-value 0.9, {terms} (since 2026-11-22) {loans}",
        "- acme, loan near from Harbor: near its margin call; loan-to-value 0.62, "
        f"{terms} (since 2026-11-22) {loans}",
        "- acme, loan old from Harbor: the price of its collateral is unknown; loan-to-value unknown, "
        f"{terms} (since 2026-11-22) {loans}",
        "- acme, acme:custody: the books hold 5 BTC, custodian says 5.5: a difference of -0.5 BTC "
        f"(-50,000.00 USD) (since 2026-11-01) {quality}",
        "- prices of BTC: disagreement on 2 days, the last 2026-11-02: 100,000.00 by kraken, 102,000.50 by "
        f"coinbase (since 2026-11-01) {quality}",
        '- f.csv: 3 rows refused as bad_number. Row 7: f.csv, row 7: "x" is no number '
        f"(since 2026-11-23) {quality}",
        f"- check what_is_sent_arrives warns: 7 rows (for the operator) {quality}",
        f"All of it: {quality}",
    ]


def test_what_was_told_is_not_told_again_and_what_is_settled_is(house, hook):
    send_alert(house, good(house))
    assert send_alert(house, good(house, 1)).subject == ""
    assert len(hook.posted) == 1
    change(house, "update marts.loans set loan_state = 'current', ltv_ratio = 0.1 where loan_id = 'called'")
    told = send_alert(house, good(house, 2))
    assert told.subject == "Coffer 2026-11-25: 0 new, 1 settled, 8 still open"
    assert "Settled (1)\n- acme, loan called" in text_of(hook)
    assert "Still open: 8, the oldest since 2026-11-01." in text_of(hook)
    assert "f.csv" not in text_of(hook)


def test_what_grows_is_news_again(house, hook):
    send_alert(house, good(house))
    change(house, "update marts_meta.warnings set failures = 8")
    assert send_alert(house, good(house, 1)).subject == "Coffer 2026-11-24: 1 new, 0 settled, 8 still open"
    assert "what_is_sent_arrives warns: 8 rows" in text_of(hook)
    change(house, "update marts_meta.warnings set failures = 2")
    assert send_alert(house, good(house, 2)).subject == ""


def test_what_has_no_day_of_its_own_is_open_since_it_was_told(house):
    send_alert(house, good(house))
    opened = {finding.finding_id: finding.since for finding in alert.remembered(house)}
    assert opened["check:what_is_sent_arrives"] == "2026-11-23"
    assert opened["break:acme:acme:custody:BTC:treasury_csv:2026-11-01"] == "2026-11-01"


def test_every_night_that_fails_is_told_and_the_next_good_one_says_that_nights_succeed_again(house, hook):
    send_alert(house, good(house))
    failure = AuditFailed(
        "1 check failed:", [Check("a_law", "test", "fail", 7, "", "maintainer", "", [{"note": "private"}])]
    )
    told = send_alert(house, failed(failure, 1))
    assert told.subject == "Coffer 2026-11-24: the run failed"
    assert (
        "- the run failed: 1 check failed. Yesterday's build stays published. (since 2026-11-24)"
        in text_of(hook)
    )
    assert "- check a_law failed, rows: 7 (for the maintainer) (since 2026-11-24)" in text_of(hook)
    assert "private" not in text_of(hook)
    assert "Still open: 9" in text_of(hook)
    assert told.delivered == ["webhook", "mail"], "no heartbeat"
    assert send_alert(house, failed(failure, 2)).delivered == ["webhook", "mail"]
    assert "the run failed: 1 check failed. Yesterday's build stays published. (since 2026-11-24)" in text_of(
        hook
    )
    told = send_alert(house, good(house, 3))
    assert told.subject == "Coffer 2026-11-26: runs succeed again, 9 open"
    assert "Settled (2)" in text_of(hook)
    assert "New" not in text_of(hook).partition("\n")[2]


def test_all_is_well_again_once_nothing_is_open():
    before = [Finding("night", "2026-11-22", 1, "", "the run failed: x")]
    subject, _ = compose(compare(before, []), FIRST.date(), "")
    assert subject == "Coffer 2026-11-23: all is well again"
    assert not Alert().deserves_a_message


def test_a_feed_that_is_down_and_a_file_that_was_refused_are_told(house, hook):
    report = LandingReport()
    report.refused.append(
        type("F", (), {"source_file": "bank/x.csv", "reason": "bad_header", "message": "No."})
    )
    feeds = FeedReport(
        [Fetched("kraken-btc", "prices", last_day=FIRST.date(), failure="api.kraken.com is down.")]
    )
    send_alert(house, good(house, fetched=feeds, landed=report))
    assert "- feed kraken-btc: api.kraken.com is down. (its last day: 2026-11-23)" in text_of(hook)
    assert "- file bank/x.csv refused as bad_header: No." in text_of(hook)
    assert send_alert(house, good(house, 1)).subject == "Coffer 2026-11-24: 0 new, 2 settled, 9 still open"


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_failure_to_deliver_is_told_and_tried_again_and_ends_no_night(house, hook, status, capsys):
    hook.status = status
    alone = replace(house, alert_smtp="")
    night = good(alone)
    night.sent = send_alert(alone, night)
    said = [f"webhook: 127.0.0.1 answered HTTP {status}. Check COFFER_ALERT_WEBHOOK."]
    assert night.sent.failures == [
        *said,
        f"heartbeat: 127.0.0.1 answered HTTP {status}. Check COFFER_HEARTBEAT_URL.",
    ]
    assert "/elsewhere" not in hook.called
    alone.run_log.mkdir()
    run_log.write(alone, night, FIRST)
    assert run_log.last(alone)["sent"]["failures"] == night.sent.failures
    screen.alert_sent(night.sent)
    assert said[0] in capsys.readouterr().out
    hook.status = 200
    assert send_alert(alone, good(alone, 1)).subject == "Coffer 2026-11-24: 9 new, 0 settled, 0 still open"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"alert_webhook": "http://hooks.example/secret"},
            "hooks.example would be sent to without encryption",
        ),
        ({"alert_webhook": "hooks.example/secret"}, "COFFER_ALERT_WEBHOOK is not of the form https://host/"),
        ({"alert_webhook": "file:///etc/passwd"}, "COFFER_ALERT_WEBHOOK is not of the form https://host/"),
        ({"alert_webhook": "https://127.0.0.1:1/secret"}, "127.0.0.1 could not be reached"),
        ({"alert_smtp": "smtp://127.0.0.1:1"}, "127.0.0.1 could not be reached"),
        ({"alert_smtp": "http://127.0.0.1:1"}, "COFFER_ALERT_SMTP is not of the form smtps://host/"),
        ({"alert_smtp_password": "wrong"}, "does not know the user or COFFER_ALERT_SMTP_PASSWORD"),
        ({"alert_to": " , "}, "COFFER_ALERT_TO names nobody"),
        ({"alert_near": "near"}, "Composing the alert ran into ConversionException"),
    ],
)
def test_what_cannot_be_told_says_why_without_a_secret(house, changes, said):
    told = send_alert(replace(house, **changes), good(house))
    assert any(said in failure for failure in told.failures)
    assert "secret" not in str(told)


def test_a_mail_server_elsewhere_must_offer_encryption(house, mailbox, monkeypatch):
    monkeypatch.setattr(delivery, "LOOPBACK", ())
    with pytest.raises(delivery.NotDelivered, match="offers no encryption"):
        delivery.mail(house, "subject", "text")
    assert mailbox.mails == []


def test_no_secret_is_in_a_message_the_state_the_journal_or_a_repr(house, hook, mailbox):
    given = [house.alert_webhook, house.alert_smtp, house.alert_smtp_password, house.heartbeat_url]
    told = send_alert(house, failed(BuildFailed(f"cannot ask {' '.join(given)}")))
    assert "the run failed: cannot ask … … … …" in text_of(hook)
    night = failed(BuildFailed("x"))
    night.sent = told
    house.run_log.mkdir()
    run_log.write(house, night, FIRST)
    said = [
        text_of(hook),
        str(mailbox.mails[0]),
        run_log.last(house).__repr__(),
        repr(house),
        json.dumps(house.environment()),
        house.alerts.read_text(),
    ]
    assert not any(secret in text for secret in given for text in said)


def test_a_mail_can_bear_any_sentence(house, mailbox):
    delivery.mail(house, "Coffer: ünïcode", "a line\n.\nFrom here: " + "x" * 2000)
    assert mailbox.mails[0]["Subject"] == "Coffer: ünïcode"
    assert mailbox.mails[0].get_content().splitlines()[1] == "."


def test_a_long_list_is_cut_and_says_so():
    found = [Finding(f"f{i}", "", 1, "", "x" * 1000) for i in range(25)]
    _, text = compose(compare([], found), FIRST.date(), "")
    assert text.splitlines()[-1] == "and 5 more"
    assert max(map(len, text.splitlines())) <= alert.LONGEST + 2


def test_a_part_that_is_built_by_hand_is_neither_good_nor_failed(house, hook):
    assert send_alert(house, Run(FIRST)).subject == ""
    assert hook.called == []


def test_without_anybody_to_tell_nothing_is_asked_or_remembered(built, hook):
    settings = built()
    build = publish(settings, FIRST)
    assert send_alert(settings, Run(FIRST, published=build)) == Sent()
    assert not settings.alerts.exists()
    beating = replace(settings, heartbeat_url=hook.url)
    assert send_alert(beating, Run(FIRST, published=build)).delivered == ["heartbeat"]


def test_a_state_file_that_is_damaged_makes_everything_news(house):
    send_alert(house, good(house))
    house.alerts.write_text("{")
    assert send_alert(house, good(house, 1)).subject.endswith("9 new, 0 settled, 0 still open")


@pytest.fixture
def run(house, monkeypatch):
    variables = house.environment() | {
        "COFFER_ALERT_WEBHOOK": house.alert_webhook,
        "COFFER_ALERT_SMTP": "",
        "COFFER_SITE_URL": house.site_url,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(app, ["alert", *arguments])


def test_the_command_shows_what_would_be_sent_and_sends_nothing(run, house, hook):
    result = run()
    assert "9 new, 0 settled, 0 still open" in result.stdout
    assert "loan called" in result.stdout
    send_alert(house, good(house))
    result = run()
    assert "none: nothing is new" in result.stdout
    assert "check what_is_sent_arrives warns: 7 rows (for the operator) (since 2026-11-23)" in result.stdout
    assert len(hook.posted) == 1


def test_the_command_tries_every_way(run, hook, monkeypatch):
    assert run("--test").exit_code == 0
    assert "a test message" in text_of(hook)
    hook.status = 404
    result = run("--test")
    assert result.exit_code == 1
    assert "Not sent   webhook: 127.0.0.1 answered HTTP 404" in result.stdout
    assert "hook-secret" not in result.output
    monkeypatch.setenv("COFFER_ALERT_WEBHOOK", "")
    assert "Nobody to send to" in run("--test").stderr


def test_every_query_reads_the_marts_of_the_sample_and_is_asked(published):
    files = {path.stem for path in (ROOT / "dagster_project/runs/alerts/sql").glob("[!_]*.sql")}
    assert files == set(alert.QUERIES)
    found = alert.ask(published.cursor(), "0.1")
    assert "break:lantern:lantern:custody:BTC:treasury_csv:2026-03-31" in {it.finding_id for it in found}
    assert all(it.page in ("loans.html", "quality.html") for it in found)


def test_settings_read_what_tells(monkeypatch):
    settings = load_settings({"COFFER_ALERT_WEBHOOK": " https://x/y ", "COFFER_ALERT_NEAR": ""})
    assert (settings.alert_webhook, settings.alert_near) == ("https://x/y", "0.1")


def test_a_night_that_cannot_begin_is_told_and_written_down(house, hook, monkeypatch):
    def broken(_settings):
        raise BuildFailed("dbt parse: no such seed.")

    monkeypatch.setattr("dagster_project.cli.run_nightly.house", broken)
    with pytest.raises(BuildFailed):
        run_nightly(house)
    assert "- the run failed: dbt parse: no such seed. Yesterday's build stays published." in text_of(hook)
    assert run_log.last(house)["outcome"] == "failed"
    assert run_log.last(house)["sent"]["delivered"] == ["webhook", "mail"]


def test_a_night_tells_its_news_before_its_journal_is_written(night):
    assert run_log.last(night.settings)["sent"] == {"subject": "", "delivered": [], "failures": []}
