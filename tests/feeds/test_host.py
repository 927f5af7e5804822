"""A misbehaving server: asked again with patience, given up in bounded time, and never quoted."""

import pytest

from dagster_project.feeds import host as module
from dagster_project.feeds.host import ATTEMPTS, FeedFailed, Host
from tests.feeds.servers import Answer

CANARY = "CG-canary-key-5f1e"


def test_fractions_arrive_as_they_were_written(host, server):
    server.says(Answer(b'{"price": 69984.70000000000001, "wei": 1e-18, "whole": 70000}'))
    assert host.get("/x") == {"price": "69984.70000000000001", "wei": "1e-18", "whole": 70000}


@pytest.mark.parametrize(
    "bad",
    [
        Answer(status=500),
        Answer(status=503),
        Answer(status=429),
        Answer(b'{"prices": [[1, 2'),
        Answer(b"<html>maintenance</html>", headers={"Content-Type": "text/html"}),
        Answer(b"[" * 100_000),
        Answer(b'{"price": NaN}'),
        Answer(b"[1]", length=500),
        Answer(b"[1, 2, 3]", length=4),
    ],
    ids=["500", "503", "429", "truncated", "html", "nested", "nan", "broken off", "length too small"],
)
def test_what_may_pass_is_asked_again_and_given_up_in_the_end(host, server, clock, bad):
    server.says(bad, [1])
    assert host.get("/x") == [1]
    server.says(bad)
    with pytest.raises(FeedFailed, match=f"127.0.0.1 .*, {ATTEMPTS} times"):
        host.get("/x")
    waits = clock.slept[-(ATTEMPTS - 1) :]
    assert [2**n <= wait <= 2**n + 1 for n, wait in enumerate(waits)] == [True] * 4, waits


def test_two_clients_do_not_wait_equally_long(host, server, clock):
    server.says(Answer(status=500))
    for _ in range(2):
        with pytest.raises(FeedFailed):
            host.get("/x")
    assert clock.slept[:4] != clock.slept[4:]


def test_retry_after_is_kept_in_seconds_and_as_a_date(host, server, clock):
    later = {"Date": "Sun, 08 Feb 2026 12:00:00 GMT", "Retry-After": "Sun, 08 Feb 2026 12:00:17 GMT"}
    server.says(Answer(status=429, headers={"Retry-After": "7"}), Answer(status=503, headers=later), [1])
    assert host.get("/x") == [1]
    assert clock.slept == [7, 17]


def test_a_host_that_asks_for_an_hour_is_left_alone_until_the_next_night(host, server, clock):
    server.says(Answer(status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(FeedFailed, match="until the next run"):
        host.get("/x")
    assert len(server.asked) == 1
    assert clock.slept == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 418])
def test_a_mistake_of_ours_is_not_repeated(host, server, status):
    server.says(Answer(status=status))
    with pytest.raises(FeedFailed, match=f"HTTP {status}"):
        host.get("/x")
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_refused(host, server, status):
    server.says(Answer(status=status, headers={"Location": "http://169.254.169.254/latest/meta-data"}))
    with pytest.raises(FeedFailed, match="redirects"):
        host.get("/x")
    assert len(server.asked) == 1


def test_a_huge_body_is_left_unread(host, server):
    server.says(Answer(b"[" + b" " * (module.MOST_BYTES + 1) + b"]"))
    with pytest.raises(FeedFailed, match="more than 8 MB"):
        host.get("/x")


def test_a_server_that_says_nothing_is_given_up(server, clock, monkeypatch):
    monkeypatch.setattr(module, "LONGEST_ANSWER", 0.05)

    def stall(_path):
        import time

        time.sleep(0.2)
        return Answer([1])

    server.route = stall
    host = Host(server.url, 0, sleep=clock.sleep, clock=clock)
    with pytest.raises(FeedFailed, match=f"did not answer in time, {ATTEMPTS} times"):
        host.get("/x")


def test_a_host_that_is_slow_all_along_does_not_hold_up_the_night(host, server, clock):
    server.says([1])
    host.get("/x")
    clock.now += module.LONGEST_VISIT + 1
    with pytest.raises(FeedFailed, match="too slow"):
        host.get("/x")


def test_nobody_there_is_a_sentence(clock):
    host = Host("http://127.0.0.1:9", 0, sleep=clock.sleep, clock=clock)
    with pytest.raises(FeedFailed, match="could not be reached"):
        host.get("/x")


def test_a_host_is_asked_no_faster_than_its_pace(server, clock):
    server.says([1])
    host = Host(server.url, 2.5, sleep=clock.sleep, clock=clock)
    for _ in range(3):
        host.get("/x")
    assert clock.slept == [2.5, 2.5]


@pytest.mark.parametrize(
    "url",
    [
        "http://api.kraken.com",
        "http://127.0.0.1.example.com/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "//127.0.0.1",
        "https://",
        "https://[::1",
        "https://x/?key=canary",
        "",
    ],
)
def test_only_https_or_this_machine_is_asked(url):
    with pytest.raises(FeedFailed) as failure:
        Host(url, 0)
    assert "canary" not in str(failure.value)


def test_no_secret_is_repeated_by_an_error_or_a_log(server, clock, caplog):
    caplog.set_level("DEBUG")
    address = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"
    echo = Answer({"error": CANARY, "address": address}, status=403)
    server.says(echo)
    failures = []
    host = Host(server.url, 0, {"x-cg-demo-api-key": CANARY}, clock.sleep, clock)
    for answer in (echo, Answer(CANARY.encode()), Answer(status=302, headers={"Location": f"/{CANARY}"})):
        server.says(answer)
        with pytest.raises(FeedFailed) as failure:
            host.get(f"/address/{address}", key=CANARY)
        failures.append(failure)
    assert server.asked[0][1]["x-cg-demo-api-key"] == CANARY
    with pytest.raises(FeedFailed) as odd:
        Host(server.url, 0, {"x-cg-demo-api-key": CANARY + "\n“"})
    said = (
        caplog.text
        + "".join(map(repr, [*failures, odd]))
        + "".join(_chain(f.value) for f in [*failures, odd])
    )
    assert CANARY not in said
    assert address not in said


def _chain(error: BaseException) -> str:
    """What a report of the error would show: itself and its causes, as far as they are not suppressed."""
    said = ""
    while error:
        said += f"{error!r} {error}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return said
