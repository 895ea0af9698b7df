"""Alerts sent to webhooks: signed, again after failures, by whoever comes after a sender that was killed."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest

from forecaster.adapters.alert_store import AlertStore
from forecaster.adapters.webhook_outbox import WAITS, WebhookOutbox
from forecaster.adapters.webhooks import signed, webhooks
from forecaster.domain.errors import BadSetting
from tests.alerts import NOW, SECRET, Receiver, alert, receiving

SERVICE = "https://forecasts.example.org"

SENDER = """
import sys
from datetime import datetime
from forecaster.adapters.alert_store import AlertStore
from forecaster.adapters.webhook_outbox import WebhookOutbox
from forecaster.adapters.webhooks import webhooks
database, address, secret, now = sys.argv[1:]
hooks = webhooks([address], secret=secret, service="http://service")
WebhookOutbox(AlertStore(database), webhooks=hooks, clock=lambda: datetime.fromisoformat(now), progress=print).deliver()
"""


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, wait: timedelta) -> None:
        self.now += wait


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'alerts.db'}"


@pytest.fixture
def store(database: str) -> Iterator[AlertStore]:
    opened = AlertStore(database)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def outbox(store: AlertStore, clock: Clock, *receivers: Receiver, say: Callable[[str], None] = print) -> WebhookOutbox:
    hooks = webhooks([one.address for one in receivers], secret=SECRET, service=SERVICE)
    assert hooks is not None
    made = WebhookOutbox(store, webhooks=hooks, clock=clock, progress=say)
    made.deliver()  # from here on the receivers are known
    return made


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    at = datetime.fromtimestamp(1614265330, tz=NOW.tzinfo)
    hooks = webhooks(["http://127.0.0.1/"], secret=SECRET, service=SERVICE)
    assert hooks is not None

    headers = signed(b'{"test": 2432232314}', message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", now=at, key=hooks.key)

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_an_alert_is_sent_until_it_arrives_under_one_id_and_then_no_more(store: AlertStore, clock: Clock) -> None:
    with receiving(500, 302, 204) as receiver:
        sender = outbox(store, clock, receiver)
        store.raise_alert(alert(), now=clock.now)

        arrived = [sender.deliver()]
        for wait in (timedelta(0), *WAITS[:2], WAITS[-1]):
            clock.pass_by(wait)
            arrived.append(sender.deliver())

    assert arrived == [0, 0, 0, 1, 0]
    assert [headers["webhook-id"] for headers, _ in receiver.came] == [alert().alert_id] * 3
    body = orjson.loads(receiver.came[-1][1])
    assert (body["type"], body["timestamp"]) == ("alert.job-failed", "2026-09-20T12:00:00Z")
    assert body["data"] == {
        "id": alert().alert_id, "kind": "job-failed", "severity": "error", "at": "2026-09-20T12:00:00Z",
        "about": {"job": "job-1"}, "text": "It broke.", "evidence": {"n": 1}, "link": f"{SERVICE}/v1/jobs",
    }  # fmt: skip  # one fact a line tells no more


def test_a_receiver_that_fails_keeps_no_other_one_waiting(store: AlertStore, clock: Clock) -> None:
    with receiving(500) as broken, receiving(200) as sound:
        sender = outbox(store, clock, broken, sound)
        for occasion in "123":
            store.raise_alert(alert(occasion=occasion), now=clock.now)

        sender.deliver()

    assert (len(broken.came), len(sound.came)) == (1, 3)


def test_alerts_from_before_a_receiver_was_known_are_not_sent_to_it(store: AlertStore, clock: Clock) -> None:
    store.raise_alert(alert(occasion="old"), now=clock.now - timedelta(hours=1))
    with receiving(200) as receiver:
        sender = outbox(store, clock, receiver)

        arrived = sender.deliver()

    assert (arrived, receiver.came) == (0, [])


@pytest.mark.parametrize("back", [timedelta(days=1), timedelta(days=365)])
def test_what_is_raised_or_put_off_before_the_clock_is_set_back_arrives(
    store: AlertStore, clock: Clock, back: timedelta
) -> None:
    with receiving(500, 200) as receiver:
        sender = outbox(store, clock, receiver)
        store.raise_alert(alert(occasion="put off"), now=clock.now)
        sender.deliver()
        clock.pass_by(-back)
        store.raise_alert(alert(occasion="raised"), now=clock.now)

        arrived = sender.deliver()

    assert arrived == 2


def test_an_alert_is_given_up_after_a_day_and_that_is_said(store: AlertStore, clock: Clock) -> None:
    said: list[str] = []
    with receiving(500) as receiver:
        sender = outbox(store, clock, receiver, say=said.append)
        store.raise_alert(alert(), now=clock.now)
        for wait in (timedelta(0), *WAITS, WAITS[-1]):
            clock.pass_by(wait)
            sender.deliver()

    assert len(receiver.came) == len(WAITS) + 1
    assert [line.split(": ")[0] for line in said] == [
        f"alert {alert().alert_id} is given up after 11 attempts to send it"
    ]


def test_what_a_killed_sender_was_sending_is_sent_by_the_next_one(
    store: AlertStore, clock: Clock, database: str
) -> None:
    with receiving(None, 200) as receiver:
        outbox(store, clock, receiver)
        store.raise_alert(alert(), now=clock.now)
        with subprocess.Popen(
            [sys.executable, "-c", SENDER, database, receiver.address, SECRET, NOW.isoformat()]
        ) as process:
            assert receiver.asked.wait(60)
            process.send_signal(signal.SIGKILL)

        clock.pass_by(WAITS[0])
        outbox(store, clock, receiver)

    assert [headers["webhook-id"] for headers, _ in receiver.came] == [alert().alert_id] * 2


@pytest.mark.parametrize(
    ("addresses", "secret", "what"),
    [
        (["ftp://host/x"], SECRET, "is no address"),
        (["http://"], SECRET, "is no address"),
        (["http://host:port/"], SECRET, "is no address"),
        (["http://a b/"], SECRET, "is no address"),
        (["http://me:secret@host/"], SECRET, "the address at host has a user"),
        (["http://host/"], None, "is missing"),
        (["http://host/"], "swordfish", "is not whsec_"),
        (["http://host/"], "whsec_c2hvcnQ=", "at least 24 bytes"),
    ],
)
def test_addresses_and_secrets_that_can_not_be_used_are_refused(
    addresses: list[str], secret: str | None, what: str
) -> None:
    with pytest.raises(BadSetting, match=what):
        webhooks(addresses, secret=secret, service=SERVICE)
