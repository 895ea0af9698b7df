"""The identity of reports and what was known when."""

from datetime import UTC, datetime

from forecaster.domain.reports import identified, known_at, leading, with_rounding
from tests.reports import month, report, reports

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


def roundings(*values: float) -> list[float]:
    rows = [report(EV, f"{2000 + at}-03", f"{2000 + at}-03", value) for at, value in enumerate(values)]
    return with_rounding(reports(*rows))["rounding"].to_list()


def test_the_last_digit_stated_tells_the_rounding() -> None:
    assert roundings(62.8) == [0.05]
    assert roundings(1_141_000.0) == [500.0]
    assert roundings(0.0) == [0.5]


def test_zeros_that_end_a_figure_by_chance_are_digits() -> None:
    found = roundings(98.7, 99.1, 99.6, 100.0, 101.2, 101.9, 102.3)

    assert found == [0.05] * 7


def test_zeros_that_end_many_figures_are_rounding() -> None:
    found = roundings(943_703.0, 881_217.0, 902_111.0, 944_000.0, 881_000.0, 902_000.0, 917_000.0)

    assert found == [0.5] * 3 + [500.0] * 4


def test_a_revision_to_a_round_number_leads() -> None:
    others = [report(EV, f"20{at:02}-05", f"20{at:02}-05", 148.3 + at, unit="10k vehicles") for at in range(9)]
    before = report(EV, "2026-05", "2026-05", 148.9, unit="10k vehicles", released="2026-06-15")
    after = report(EV, "2026-05", "2026-05", 150.0, unit="10k vehicles", released="2026-10-20")

    found = leading(with_rounding(reports(*others, before, after)))

    assert found.filter(period_start=month("2026-05"))["value"].to_list() == [150.0]


def test_of_an_exact_and_a_round_statement_of_one_day_the_exact_one_leads_alone() -> None:
    others = [report(EV, f"20{at:02}-05", f"20{at:02}-05", 1000.0 * (90 + at)) for at in range(9)]
    exact, rounded = report(EV, "2019-01", "2019-01", 95_696.0), report(EV, "2019-01", "2019-01", 96_000.0)

    found = leading(with_rounding(reports(*others, exact, rounded)))

    assert found.filter(period_start=month("2019-01"))["value"].to_list() == [95_696.0]
