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


def test_parts_that_only_together_are_spelt_alike_are_two_reports() -> None:
    plain = report(EV, "2024-03", "2024-03", 0.0, released="2024-04-15")
    given = reports(
        {**plain, "url": "a", "title": "b,c"}, {**plain, "url": "a,b", "title": "c"}, {**plain, "value": -0.0}, plain
    )

    ids = given["report_id"].to_list()

    assert len(set(ids)) == 3
    assert ids[2] == ids[3]


def test_an_id_stays_the_same_for_good() -> None:
    given = reports(report(EV, "2024-03", "2024-03", 1.0, released="2024-04-15"))

    assert given["report_id"].item() == "8a97bc047b625499ff337b43c5bd9f83"
    assert identified(given).equals(given)


def test_only_what_was_released_is_known() -> None:
    given = reports(
        report(EV, "2024-03", "2024-03", 1.0, released="2024-04-15"),
        report(EV, "2024-03", "2024-03", 2.0, released="2024-05-15"),
    )

    assert known_at(given, as_of=datetime(2024, 4, 14, tzinfo=UTC)).is_empty()
    assert known_at(given, as_of=datetime(2024, 4, 15, tzinfo=UTC))["value"].to_list() == [1.0]
    assert known_at(given, as_of=datetime(2024, 6, 1, tzinfo=UTC)).height == 2
