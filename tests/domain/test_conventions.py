"""From reports to the panel: hand-computed cases as statistics are really published."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecaster.domain.conventions import build_panel
from forecaster.domain.derived import with_derived
from tests.catalogues import catalogue
from tests.reports import month, report, reports

EV = "ev.production.CN"


def panel_of(*rows: dict[str, object], extra: str = "") -> dict[str, dict[str, object]]:
    built = build_panel(reports(*rows), catalogue=catalogue(extra))
    return {f"{row['ds']:%Y-%m}": row for row in built.panel.iter_rows(named=True)}


def test_a_month_stated_directly_is_taken_as_stated() -> None:
    panel = panel_of(report(EV, "2024-03", "2024-03", 88.1, unit="10k vehicles"))

    assert panel["2024-03"]["y"] == pytest.approx(881_000)
    assert panel["2024-03"]["obtained"] == "reported"


def test_a_month_is_the_difference_of_two_totals() -> None:
    panel = panel_of(report(EV, "2024-01", "2024-03", 30.0), report(EV, "2024-01", "2024-04", 42.0))

    assert panel["2024-04"]["y"] == pytest.approx(12.0)
    assert panel["2024-04"]["obtained"] == "differenced"
    assert len(panel["2024-04"]["reports"]) == 2  # type: ignore[arg-type]  # a list in a row of objects


def test_january_and_february_share_their_sum_by_working_days_and_stay_one_block() -> None:
    panel = panel_of(report(EV, "2024-01", "2024-02", 370.0))

    # 22 and 18 working days; New Year on 2024-02-10, so that the days lost around it are all of February.
    assert panel["2024-01"]["y"] == pytest.approx(370 * 22 / (22 + 18 - 2))
    assert panel["2024-02"]["obtained"] == "estimated"
    assert (panel["2024-02"]["block_start"], panel["2024-02"]["block_end"]) == (month("2024-01"), month("2024-02"))


def test_a_stated_month_leads_and_the_difference_of_the_totals_is_a_contradiction() -> None:
    rows = [
        report(EV, "2023-01", "2023-11", 804.9),
        report(EV, "2023-01", "2023-12", 944.3),
        report(EV, "2023-12", "2023-12", 114.1),
    ]

    built = build_panel(reports(*rows), catalogue=catalogue())

    assert built.panel.filter(pl.col("ds") == month("2023-12"))["y"].item() == pytest.approx(114.1)
    fault = built.contradictions.row(0, named=True)
    assert fault["stated"] == pytest.approx(114.1)
    assert fault["other"] == pytest.approx(944.3 - 804.9)


def test_a_total_that_falls_is_left_out_and_named() -> None:
    rows = [
        report(EV, "2020-01", "2020-04", 43.0),
        report(EV, "2020-01", "2020-05", 85.4),
        report(EV, "2020-01", "2020-06", 67.4),
    ]

    built = build_panel(reports(*rows), catalogue=catalogue())

    assert built.contradictions["what"].to_list() == ["a total that falls"]
    assert built.panel.filter(pl.col("ds") >= month("2020-05"))["y"].sum() == pytest.approx(24.4)


def test_a_revision_leads_over_what_it_revises() -> None:
    rows = [
        report(EV, "2024-03", "2024-03", 80.0, released="2024-04-16"),
        report(EV, "2024-03", "2024-03", 83.0, released="2024-05-16"),
    ]

    assert panel_of(*rows)["2024-03"]["y"] == 83.0


def test_the_exact_count_leads_over_the_round_figure_of_the_same_statement() -> None:
    rows = [
        report(EV, "2024-03", "2024-03", 94.4, unit="10k vehicles", released="2024-04-16"),
        report(EV, "2024-03", "2024-03", 943_703, released="2024-04-12"),
    ]

    assert panel_of(*rows)["2024-03"]["y"] == 943_703


def test_a_hole_without_any_sum_is_bridged_and_in_no_block() -> None:
    panel = panel_of(report(EV, "2024-03", "2024-03", 21.0), report(EV, "2024-05", "2024-05", 21.0))

    assert panel["2024-04"]["obtained"] == "estimated"
    assert panel["2024-04"]["block_start"] is None
    assert panel["2024-04"]["reports"] == []


def test_levels_before_a_break_that_nothing_links_are_dropped() -> None:
    cut = '[[breaks]]\nmeasure = "ev.production"\nregions = ["CN"]\nsince = 2024-04-01\nreason = "scope"\n'

    panel = panel_of(report(EV, "2024-03", "2024-03", 10.0), report(EV, "2024-04", "2024-04", 20.0), extra=cut)

    assert list(panel) == ["2024-04"]


def test_levels_before_a_linked_break_are_brought_to_the_new_scope() -> None:
    link = '[[breaks]]\nmeasure = "ev.production"\nregions = ["CN"]\nsince = 2024-04-01\nfactor = 1.5\nreason = "s"\n'

    panel = panel_of(report(EV, "2024-03", "2024-03", 10.0), report(EV, "2024-04", "2024-04", 20.0), extra=link)

    assert panel["2024-03"]["y"] == pytest.approx(15.0)


def test_totals_of_two_scopes_are_never_differenced() -> None:
    link = '[[breaks]]\nmeasure = "ev.production"\nregions = ["CN"]\nsince = 2023-08-01\nfactor = 1.0\nreason = "s"\n'
    rows = [
        report(EV, "2023-01", "2023-06", 293.6),
        report(EV, "2023-01", "2023-07", 354.6),
        report(EV, "2023-01", "2023-08", 456.2),
        report(EV, "2023-01", "2023-09", 533.7),
    ]

    panel = panel_of(*rows, extra=link)

    assert panel["2023-07"]["y"] == pytest.approx(61.0)
    assert panel["2023-08"]["block_start"] is None
    assert panel["2023-09"]["y"] == pytest.approx(77.5)


def test_a_stock_is_its_level_at_the_end_of_the_span() -> None:
    panel = panel_of(report("battery.capacity.CN", "2024-03", "2024-03", 900.0, unit="GWh"))

    assert panel["2024-03"]["y"] == 900.0


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.integers(0, 10_000), min_size=12, max_size=12),
    totals=st.sets(st.integers(2, 12), min_size=1),
    single=st.sets(st.integers(1, 12)),
)
def test_every_total_is_met_to_rounding_whatever_else_is_missing(
    values: list[int], totals: set[int], single: set[int]
) -> None:
    rows = [report(EV, "2024-01", f"2024-{end:02}", float(sum(values[:end]))) for end in sorted(totals)]
    rows += [report(EV, f"2024-{m:02}", f"2024-{m:02}", float(values[m - 1])) for m in sorted(single)]

    built = build_panel(reports(*rows), catalogue=catalogue())

    assert built.contradictions.is_empty()
    for end in totals:
        held = built.panel.filter(pl.col("ds") <= month(f"2024-{end:02}"))["y"].sum()
        assert held == pytest.approx(sum(values[:end]), abs=1e-6)


def test_a_bridge_has_the_shape_of_the_same_months_of_last_year() -> None:
    year = [report(EV, f"2023-{m:02}", f"2023-{m:02}", 20.0 if m == 2 else 40.0) for m in range(1, 13)]
    rows = [*year, report(EV, "2024-01", "2024-01", 80.0), report(EV, "2024-03", "2024-03", 80.0)]

    panel = panel_of(*rows)

    assert panel["2024-02"]["y"] == pytest.approx(40.0)
    assert panel["2024-02"]["block_start"] is None


def test_a_month_that_contradicts_its_totals_moves_no_other_month() -> None:
    rows = [
        report(EV, "2022-01", "2022-09", 372.1),
        report(EV, "2022-01", "2022-10", 425.9),
        report(EV, "2022-01", "2022-11", 489.2),
        report(EV, "2022-10", "2022-10", 62.8),
    ]

    panel = panel_of(*rows)

    assert panel["2022-10"]["y"] == 62.8
    assert panel["2022-11"]["y"] == pytest.approx(489.2 - 425.9)


def test_of_a_source_whose_totals_lead_the_difference_stands_against_a_stated_month() -> None:
    rows = [
        report("battery.production.CN", "2022-01", "2022-09", 372.1, unit="GWh"),
        report("battery.production.CN", "2022-01", "2022-10", 425.9, unit="GWh"),
        report("battery.production.CN", "2022-10", "2022-10", 62.8, unit="GWh"),
    ]
    declared = catalogue()
    club = replace(declared.sources["club"], publishes=("ytd", "month"))

    built = build_panel(reports(*rows), catalogue=replace(declared, sources={**declared.sources, "club": club}))

    assert built.panel.filter(pl.col("ds") == month("2022-10"))["y"].item() == pytest.approx(53.8)
    assert built.contradictions["stated"].to_list() == [62.8]


def test_of_two_totals_released_at_once_the_one_that_the_rest_bears_out_is_taken() -> None:
    rows = [
        report(EV, "2019-01", "2019-02", 148_464),
        report(EV, "2019-01", "2019-03", 298_914),
        report(EV, "2019-01", "2019-03", 263_234),
        report(EV, "2019-01", "2019-04", 360_032),
        report(EV, "2019-04", "2019-04", 96_771),
    ]

    built = build_panel(reports(*rows), catalogue=catalogue())

    march = built.panel.filter(pl.col("ds") == month("2019-03"))["y"].item()
    assert march == pytest.approx(263_234 - 148_464, rel=1e-3)
    assert built.contradictions.select("what", "stated", "other").rows()[0] == (
        "another figure for the same months",
        263_234.0,
        298_914.0,
    )


def test_a_very_long_hole_stays_a_hole_and_what_lies_before_it_is_kept() -> None:
    panel = panel_of(report(EV, "2020-03", "2020-03", 21.0), report(EV, "2024-05", "2024-05", 42.0))

    assert {key: row["y"] for key, row in panel.items()} == {"2020-03": 21.0, "2024-05": 42.0}


def test_a_hole_between_levels_is_bridged_straight_and_a_second_level_is_named() -> None:
    stock = "battery.capacity.CN"
    rows = [
        report(stock, "2024-01", "2024-01", 900.0, unit="GWh"),
        report(stock, "2024-03", "2024-03", 1003.0, unit="GWh"),
        report(stock, "2024-03", "2024-03", 1107.0, unit="GWh"),
    ]

    built = build_panel(reports(*rows), catalogue=catalogue())

    first, between, last = built.panel["y"].to_list()
    fault = built.contradictions.row(0, named=True)
    assert built.panel["obtained"].to_list() == ["reported", "estimated", "reported"]
    assert between == pytest.approx((first + last) / 2)
    assert fault["what"] == "another figure for the same months"
    assert {fault["stated"], fault["other"]} == {1003.0, 1107.0}
    assert last == fault["stated"]


@settings(max_examples=60, deadline=None)
@given(stated=st.dictionaries(st.integers(0, 150), st.integers(0, 10_000), min_size=1, max_size=20))
def test_no_stated_month_is_lost_whatever_lies_between(stated: dict[int, int]) -> None:
    for series_id, unit in ((EV, "vehicles"), ("solar.exports.DE.panels", "MW")):
        keys = {at: f"{2010 + at // 12}-{at % 12 + 1:02}" for at in stated}
        rows = [report(series_id, keys[at], keys[at], float(value), unit=unit) for at, value in stated.items()]

        panel = with_derived(build_panel(reports(*rows), catalogue=catalogue()).panel, catalogue=catalogue())

        own = panel.filter(pl.col("unique_id") == series_id)
        held = {f"{ds:%Y-%m}": y for ds, y in own.select("ds", "y").iter_rows()}
        assert {key: held[key] for key in keys.values()} == {keys[at]: float(value) for at, value in stated.items()}
