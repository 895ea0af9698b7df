"""The catalogue against the reports."""

from forecaster.domain.consistency import disagreements
from tests.catalogues import catalogue
from tests.reports import report, reports

BATTERY = "battery.production.CN"

TOTAL_AND_PARTS = """
[[series]]
measure = "solar.exports"
regions = ["CN"]
segments = ["panels"]
sources = ["club"]
[[sums]]
measure = "solar.exports"
by = "region"
whole = "CN"
parts = ["DE", "FR"]
within = ["panels"]
"""


def test_a_series_that_is_not_declared_and_a_foreign_unit_are_errors() -> None:
    given = reports(
        report("ev.production.DE", "2024-03", "2024-03", 1.0),
        report("ev.production.CN", "2024-03", "2024-03", 1.0, unit="GWh"),
        report("ev.production.CN", "2024-04", "2024-04", 1.0),
    )

    found = disagreements(given, catalogue=catalogue())

    assert [(one.severity, one.series_id) for one in found] == [
        ("error", "ev.production.CN"),
        ("error", "ev.production.DE"),
    ]
    assert "can't become 'vehicles'" in found[0].what
    assert "[[series]]" in found[1].what


def test_parts_beyond_their_whole_are_noticed() -> None:
    given = reports(
        report(BATTERY, "2024-03", "2024-03", 10.0, unit="GWh"),
        report(f"{BATTERY}.lfp", "2024-03", "2024-03", 12.0, unit="GWh"),
    )

    (found,) = disagreements(given, catalogue=catalogue())

    assert (found.severity, found.series_id) == ("notice", BATTERY)
    assert found.what == "2024-03-01 to 2024-03-31 (month): stated as 10, its parts add up to 12."


def test_a_remainder_takes_up_what_the_parts_leave() -> None:
    given = reports(
        report(BATTERY, "2024-03", "2024-03", 10.0, unit="GWh"),
        report(f"{BATTERY}.lfp", "2024-03", "2024-03", 7.0, unit="GWh"),
    )

    assert disagreements(given, catalogue=catalogue()) == []


def test_without_a_remainder_parts_must_reach_their_whole() -> None:
    given = reports(
        report("solar.exports.CN.panels", "2024-03", "2024-03", 100.0, unit="MW"),
        report("solar.exports.DE.panels", "2024-03", "2024-03", 60.0, unit="MW"),
        report("solar.exports.FR.panels", "2024-03", "2024-03", 30.0, unit="MW"),
        report("solar.exports.CN.panels", "2024-04", "2024-04", 100.0, unit="MW"),
        report("solar.exports.DE.panels", "2024-04", "2024-04", 60.0, unit="MW"),
        report("solar.exports.FR.panels", "2024-04", "2024-04", 40.2, unit="MW"),
        report("solar.exports.CN.panels", "2024-05", "2024-05", 100.0, unit="MW"),
        report("solar.exports.DE.panels", "2024-05", "2024-05", 60.0, unit="MW"),
    )

    found = disagreements(given, catalogue=catalogue(TOTAL_AND_PARTS))

    assert [one.what[:10] for one in found] == ["2024-03-01"]


def test_a_month_that_follows_from_totals_and_is_less_than_its_parts_is_noticed() -> None:
    given = reports(
        report(BATTERY, "2024-01", "2024-03", 30.0, unit="GWh"),
        report(BATTERY, "2024-01", "2024-04", 40.0, unit="GWh"),
        report(f"{BATTERY}.lfp", "2024-04", "2024-04", 12.0, unit="GWh"),
    )

    (found,) = disagreements(given, catalogue=catalogue())

    assert (found.severity, found.series_id) == ("notice", f"{BATTERY}.rest")
    assert found.what == "2024-04: battery.production.CN is 10, its other parts 12: taken as 0."
