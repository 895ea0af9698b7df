"""The identity of reports and what was known when."""

from datetime import UTC, datetime

from forecaster.domain.reports import identified, known_at
from tests.reports import report, reports

EV = "ev.production.CN"


def test_reports_alike_in_all_that_they_state_have_one_id() -> None:
    given = reports(
        report(EV, "2024-03", "2024-03", 1.0, released="2024-04-15"),
        report(EV, "2024-03", "2024-03", 1.0, released="2024-04-15T12:00"),
        report(EV, "2024-03", "2024-03", 1.5, released="2024-04-15"),
        report(EV, "2024-03", "2024-03", 1.0, released="2024-04-16"),
        {**report(EV, "2024-03", "2024-03", 1.0, released="2024-04-15"), "url": "https://bureau.example"},
    )

    ids = given["report_id"].to_list()

    assert ids[0] == ids[1]
    assert len(set(ids)) == 4
    assert all(len(one) == 32 for one in ids)


def test_an_id_stays_the_same_for_good() -> None:
    given = reports(report(EV, "2024-03", "2024-03", 1.0, released="2024-04-15"))

    assert given["report_id"].item() == "aa4b1d51555834dd5b3fcf6179ae892e"
    assert identified(given).equals(given)


def test_only_what_was_released_is_known() -> None:
    given = reports(
        report(EV, "2024-03", "2024-03", 1.0, released="2024-04-15"),
        report(EV, "2024-03", "2024-03", 2.0, released="2024-05-15"),
    )

    assert known_at(given, as_of=datetime(2024, 4, 14, tzinfo=UTC)).is_empty()
    assert known_at(given, as_of=datetime(2024, 4, 15, tzinfo=UTC))["value"].to_list() == [1.0]
    assert known_at(given, as_of=datetime(2024, 6, 1, tzinfo=UTC)).height == 2
