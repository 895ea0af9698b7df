"""Alerts on the command line, at the ingest of a release, and by the worker's threads."""

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from forecaster.adapters.alert_store import AlertStore
from forecaster.adapters.alert_tables import RECEIVERS
from forecaster.adapters.delta_reports import DeltaReports
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.adapters.reachable_jobs import ReachableJobs
from forecaster.cli import app, wiring
from forecaster.cli.alert_watching import alerts_watched
from forecaster.cli.release_alerts import tell_of_release
from forecaster.domain.alerts import ACCURACY_DRIFT, DATA_ANOMALY, VINTAGE_DAMAGED, Wanted
from forecaster.domain.errors import BadSetting, JobsUnreachable, UnknownAlert, UnknownName
from forecaster.domain.unforeseen import Unforeseen
from forecaster.domain.vintage import Vintage
from forecaster.noticing import BEGAN
from forecaster.releases import Seen, Taken
from forecaster.settings import load_settings
from tests.adapters.test_published_vintages import FIRST, SECOND, shorten
from tests.adapters.working import wait_for
from tests.alerts import NOW, SECRET, alert, receiving
from tests.catalogues import DECLARED
from tests.looking_back import known_later, monthly
from tests.reports import report, reports
from tests.vintages import EV, months, tiny_vintage

Run = Callable[..., Result]
HEAD = "series_id,period_start,period_end,basis,value,unit,released_at\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def environ(tmp_path: Path, home: Path) -> dict[str, str]:
    file = tmp_path / "catalogue.toml"
    file.write_text(DECLARED, encoding="utf-8")
    return {"SECTORCAST_HOME": str(home), "SECTORCAST_CATALOGUE": str(file)}


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    return lambda *arguments, **more: CliRunner().invoke(app, arguments, env={**environ, **more})


@pytest.fixture
def alerts(home: Path) -> AlertStore:
    home.mkdir(parents=True, exist_ok=True)
    return AlertStore(f"sqlite:///{home / 'alerts.db'}")


def publish(home: Path, vintages: Sequence[Vintage]) -> None:
    store = PublishedVintages(home / "vintages")
    for vintage in vintages:
        store.publish(vintage)


def drifting(home: Path) -> None:
    """Half a year of forecasts, and figures far above each."""
    publish(home, monthly(6))
    came = [
        report(EV, month, month, 3e6, released=f"{month}-28")
        for month in (f"{at:%Y-%m}" for at in months(date(2026, 9, 1), 6))
    ]
    released = reports(*came).with_columns(released_at=datetime(2026, 9, 20, tzinfo=UTC))
    DeltaReports(str(home / "reports")).append(released, ingested_at=NOW)


def test_alerts_are_listed_and_seen_to(run: Run, alerts: AlertStore) -> None:
    alerts.raise_alert(alert(), now=NOW)
    before = run("alerts", "list").stdout

    seen_to = run("alerts", "acknowledge", alert().alert_id).stdout
    after = json.loads(run("alerts", "list", "--json").stdout)
    (told,) = json.loads(
        run("alerts", "list", "--all", "--kind", "job-failed", "--since", "2026-09-20", "--json").stdout
    )

    assert before.splitlines()[1].split()[0] == alert().alert_id
    assert f"{alert().alert_id} is seen to by " in seen_to
    assert (after, told["state"], told["evidence"]) == ([], "acknowledged", {"n": 1})


def test_misspelt_kinds_and_ids_are_refused(run: Run) -> None:
    assert isinstance(run("alerts", "list", "--kind", "disk-lo").exception, UnknownName)
    assert isinstance(run("alerts", "acknowledge", "alert-x").exception, UnknownAlert)


def test_a_figure_outside_the_band_is_flagged_at_ingest_and_raised_once(
    run: Run, home: Path, alerts: AlertStore, tmp_path: Path
) -> None:
    publish(home, [tiny_vintage()])
    file = tmp_path / "release.csv"
    file.write_text(f"{HEAD}{EV},2026-09,2026-09,month,9000000,vehicles,2026-10-16\n", encoding="utf-8")

    dry = json.loads(run("ingest", str(file), "--dry-run", "--json").stdout)
    before = alerts.alerts(Wanted())
    for _ in range(2):
        run("ingest", str(file))

    (raised,) = alerts.alerts(Wanted())
    (flagged,) = dry["files"][0]["unforeseen"]
    assert before == []
    assert (flagged["series_id"], flagged["first"], flagged["value"]) == (EV, "2026-09", 9e6)
    assert (raised.alert.kind, raised.alert.about) == (DATA_ANOMALY, {"series": EV, "months": "2026-09"})


def test_a_release_with_many_such_figures_is_no_flood(home: Path, alerts: AlertStore) -> None:
    outside = tuple(
        Unforeseen(at, EV, month, month, value=9e6, mean=1e6, low=5e5, high=2e6)
        for at, month in enumerate(months(date(2026, 9, 1), 25), start=2)
    )
    seen = Seen("release.csv", 25, 25, (), (), 0, None, outside)
    taken = Taken((seen,), "r1", new=25, revised=0, repeated=0, further=0)

    tell_of_release(load_settings({}, home=home), taken, now=NOW)

    told = [one.alert for one in alerts.alerts(Wanted())]
    assert len(told) == 21
    assert (told[0].about, told[0].evidence) == ({"release": "r1"}, {"figures": 25})


def test_a_doubtful_figure_that_no_forecast_speaks_against_is_an_alert_of_its_release(
    run: Run, alerts: AlertStore, tmp_path: Path
) -> None:
    file = tmp_path / "release.csv"
    values = [1_900_000, 2_000_000, 2_050_000, 100]
    rows = [f"{EV},2026-0{at},2026-0{at},month,{value},vehicles,2026-09-16" for at, value in enumerate(values, start=5)]
    file.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")

    for _ in range(2):
        told = json.loads(run("ingest", str(file), "--json").stdout)

    (raised,) = alerts.alerts(Wanted())
    assert told["repeated"] == 4
    assert (raised.alert.kind, raised.alert.evidence["figures"]) == (DATA_ANOMALY, 1)
    assert ": release.csv, line 5: 100, by month, is 20,500 times below" in raised.alert.text


def test_without_a_vintage_figures_are_taken_in_unflagged(run: Run, alerts: AlertStore, tmp_path: Path) -> None:
    file = tmp_path / "release.csv"
    file.write_text(f"{HEAD}{EV},2026-09,2026-09,month,9000000,vehicles,2026-10-16\n", encoding="utf-8")

    told = json.loads(run("ingest", str(file), "--json").stdout)

    assert (told["new"], told["files"][0]["unforeseen"], alerts.alerts(Wanted())) == (1, [], [])


def test_a_look_raises_drift_and_retrains_its_sector_once_if_asked_to(run: Run, home: Path, alerts: AlertStore) -> None:
    drifting(home)
    plain = json.loads(run("alerts", "check", "--json").stdout)
    asked = {"SECTORCAST_RETRAIN_ON_DRIFT": "true"}

    first, again = (json.loads(run("alerts", "check", "--json", **asked).stdout) for _ in "ab")

    with ReachableJobs(f"sqlite:///{home / 'jobs.db'}", clock=lambda: NOW).open() as jobs:
        queued: list[Any] = [(job.job_id, job.sectors) for job in jobs.jobs()]
        jobs.close()
    assert ACCURACY_DRIFT in {one["kind"] for one in plain["raised"]}
    assert (plain["jobs"], first["raised"]) == ([], [])
    assert queued == [(first["jobs"][0], ("ev",))]
    assert again["jobs"] == first["jobs"]


def test_a_look_whose_job_could_not_be_queued_is_made_again(run: Run, home: Path, alerts: AlertStore) -> None:
    drifting(home)
    asked = {"SECTORCAST_RETRAIN_ON_DRIFT": "true", "SECTORCAST_ALERTS_URL": f"sqlite:///{home / 'alerts.db'}"}
    gone = {"SECTORCAST_JOBS_URL": f"sqlite:///{home / 'none' / 'jobs.db'}"}

    failed = run("alerts", "check", "--changed", **asked, **gone)
    again = json.loads(run("alerts", "check", "--changed", "--json", **asked).stdout)

    assert isinstance(failed.exception, JobsUnreachable)
    assert len(again["jobs"]) == 1


def test_a_look_is_not_repeated_while_nothing_came(run: Run, home: Path) -> None:
    publish(home, [tiny_vintage()])

    looked = [json.loads(run("alerts", "check", "--changed", "--json").stdout)["looked"] for _ in "ab"]

    assert looked == [True, False]


def test_without_a_vintage_there_is_nothing_to_look_at(run: Run) -> None:
    assert "Nothing came" in run("alerts", "check").stdout


def test_the_status_shows_alerts_coverage_and_the_calendar(run: Run, home: Path) -> None:
    drifting(home)
    run("alerts", "check")

    text, told = run("status").stdout, json.loads(run("status", "--json").stdout)

    assert all(title in text for title in ("Next releases", "Outside the interval", "Open alerts"))
    assert {one["sector"] for one in told["coverage"]["sectors"]} == {"ev"}
    assert [one["source"] for one in told["calendar"]][-1:] == ["nbs"]


def test_the_worker_sends_what_it_notices_and_has_figures_looked_at(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], home: Path, alerts: AlertStore
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    publish(home, [tiny_vintage()])
    with receiving(204) as receiver:
        settings = load_settings({}, webhooks=receiver.address, webhook_secret=SECRET)
        with alerts_watched(settings, seconds=0.05):
            wait_for(lambda: alerts.noted(BEGAN))
            publish(home, [known_later()])
            wait_for(lambda: receiver.came)
            wait_for(lambda: alerts.noted("looked"))

    sent = [orjson.loads(body)["type"] for _, body in receiver.came]
    assert "alert.champion-changed" in sent


def test_the_worker_tells_of_a_damaged_vintage_and_queues_one_job(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], home: Path, alerts: AlertStore
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    publish(home, [tiny_vintage(FIRST), tiny_vintage(SECOND)])
    settings = load_settings()

    with alerts_watched(settings, seconds=0.05):
        wait_for(lambda: alerts.noted(BEGAN))
        shorten(home / "vintages" / SECOND / "panel.arrow")
        (told,) = wait_for(lambda: alerts.alerts(Wanted(is_open=True)))
        publish(home, [tiny_vintage()])
        wait_for(lambda: not alerts.alerts(Wanted(is_open=True)))

    (job,) = wiring.last_jobs(settings, limit=9)
    assert (told.alert.kind, told.alert.evidence["serving"]) == (VINTAGE_DAMAGED, FIRST)
    assert (job.state, job.experiment, job.sectors) == ("queued", "production", None)


def test_alerts_are_sent_while_jobs_are_out_of_reach(home: Path, alerts: AlertStore) -> None:
    own = {"alerts_url": f"sqlite:///{home / 'alerts.db'}", "jobs_url": f"sqlite:///{home / 'none' / 'jobs.db'}"}
    with receiving(204) as receiver:
        settings = load_settings({}, home=home, webhooks=receiver.address, webhook_secret=SECRET, **own)
        with closing(alerts), alerts_watched(settings, seconds=0.05):
            wait_for(lambda: _is_known(alerts, receiver.address))
            alerts.raise_alert(alert(), now=NOW)

            wait_for(lambda: receiver.came)

    assert [headers["webhook-id"] for headers, _ in receiver.came] == [alert().alert_id]


def _is_known(alerts: AlertStore, address: str) -> bool:
    with alerts.engine.connect() as connection:
        return address in connection.execute(sa.select(RECEIVERS.c.address)).scalars().all()


def test_webhooks_that_can_not_be_used_stop_the_worker_at_once(home: Path) -> None:
    settings = load_settings({}, home=home, webhooks="http://127.0.0.1/", webhook_secret="short")

    with pytest.raises(BadSetting, match="whsec_"), alerts_watched(settings):
        pass
