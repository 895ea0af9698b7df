"""What is known of one series, derived by itself."""

from datetime import UTC, datetime

import polars as pl
import pytest

from forecaster.domain.conventions import build_panel
from forecaster.domain.derived import made_of, rests_on, with_derived
from forecaster.domain.errors import UnknownSeries
from forecaster.domain.months import month_from_number
from forecaster.domain.observed import Known, derivation, known_figures, months_of
from forecaster.domain.reports import known_at
from tests.catalogues import catalogue
from tests.reports import month, report, reports
from tests.running import figures

EV, WORLD, DE, FR = "ev.production.CN", *(f"solar.exports.{region}.panels" for region in ("World", "DE", "FR"))

REVISED = reports(
    report(EV, "2024-01", "2024-02", 301.0, released="2024-03-16"),
    report(EV, "2024-01", "2024-03", 452.0, released="2024-04-16"),
    report(EV, "2024-03", "2024-03", 137.0, released="2024-04-16"),
    report(EV, "2024-01", "2024-03", 463.0, released="2024-05-16"),
    {**report(EV, "2024-03", "2024-03", 9.5, unit="%", released="2024-04-16"), "kind": "growth"},
)


def known(
    as_of: str, *, basis: str = "month", series_id: str = EV, frame: pl.DataFrame = REVISED, **span: str
) -> Known:
    then = known_at(frame, as_of=datetime.fromisoformat(as_of).replace(tzinfo=UTC))
    derived = derivation(series_id, reports=then, catalogue=catalogue())
    months = {name: month(text) for name, text in span.items()}
    return known_figures(series_id, derived=derived, reports=then, basis=basis, catalogue=catalogue(), **months)


def shown(found: Known) -> list[tuple[str, float, str]]:
    return [(f"{month_from_number(one.number):%Y-%m}", one.value, one.obtained) for one in found.figures]


def test_three_instants_give_three_states_of_knowledge() -> None:
    totals = REVISED.filter(pl.col("basis") == "ytd")

    early, then, late = (
        shown(known(day, basis="ytd", frame=totals)) for day in ("2024-03-01", "2024-04-30", "2024-06-01")
    )

    assert early == []
    assert then[1:] == [("2024-02", 301.0, "reported"), ("2024-03", 452.0, "reported")]
    assert late[2] == ("2024-03", 463.0, "reported")


def test_a_month_that_leads_over_its_total_names_its_own_report_and_stays_in_the_sum() -> None:
    month_alone, total = known("2024-04-30").figures[2], known("2024-04-30", basis="ytd").figures[2]

    own = REVISED.filter(pl.col("value") == 137.0)["report_id"].item()
    assert (month_alone.value, month_alone.obtained, month_alone.reports) == (137.0, "reported", (own,))
    assert (total.value, total.obtained) == (438.0, "differenced")


def test_only_the_sum_of_january_and_february_is_shown_as_such() -> None:
    assert shown(known("2024-06-01", basis="jan-feb")) == [("2024-02", 301.0, "reported")]


def test_the_history_holds_every_report_growth_rates_too() -> None:
    found = known("2024-06-01")

    assert found.history.height == 5
    assert set(found.history["kind"]) == {"value", "growth"}
    named = {report_id for one in found.figures for report_id in one.reports}
    assert named <= set(found.history["report_id"])


def test_contradictions_carry_both_figures() -> None:
    (found,) = known("2024-04-30").contradictions.iter_rows(named=True)

    assert (found["series_id"], found["stated"], found["other"]) == (EV, 137.0, 151.0)


def test_a_span_cuts_figures_reports_and_contradictions_alike() -> None:
    found = known("2024-06-01", first="2024-03", last="2024-03")

    assert [text for text, _, _ in shown(found)] == ["2024-03"]
    assert found.history.height == 4
    assert known("2024-06-01", last="2024-02").contradictions.is_empty()


def test_the_history_of_a_sum_is_that_of_the_parts_that_its_months_name() -> None:
    found = known("2024-06-01", series_id=WORLD, frame=figures(), first="2024-02", last="2024-03")

    assert set(found.history["series_id"]) == {DE, FR}
    assert found.history.height == 4


@pytest.mark.parametrize("series_id", [EV, DE, FR, WORLD])
@pytest.mark.parametrize("as_of", ["2021-06-01", "2022-03-01", "2024-06-01"])
def test_a_series_by_itself_is_what_the_whole_panel_holds(series_id: str, as_of: str) -> None:
    gap = (pl.col("series_id") == FR) & (pl.col("period_start") < month("2021-04"))
    then = known_at(figures().filter(~gap), as_of=datetime.fromisoformat(as_of).replace(tzinfo=UTC))
    whole = with_derived(build_panel(then, catalogue=catalogue()).panel, catalogue=catalogue())

    alone = derivation(series_id, reports=then, catalogue=catalogue())

    assert alone.months == months_of(whole.filter(pl.col("unique_id") == series_id))


def test_a_series_rests_on_its_parts_and_on_what_tells_its_months_without_trade() -> None:
    assert made_of(WORLD, catalogue=catalogue()) == {WORLD, DE, FR}
    assert made_of("battery.production.CN.rest", catalogue=catalogue()) == {
        "battery.production.CN.rest",
        "battery.production.CN",
        "battery.production.CN.lfp",
    }
    assert rests_on(DE, catalogue=catalogue()) == {DE, FR}
    assert rests_on(EV, catalogue=catalogue()) == {EV}


def test_a_series_that_is_not_declared_is_unknown() -> None:
    with pytest.raises(UnknownSeries):
        derivation("steel.production.CN", reports=REVISED, catalogue=catalogue())
