"""Champion against challenger."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from forecaster.domain import promotion
from forecaster.domain.comparison import RECORDED, Comparison, compare
from forecaster.domain.experiment import Gate
from forecaster.domain.promotion import SHOWN, Decision
from forecaster.domain.vintage import FORECASTS, Vintage
from tests.vintages import EV, LFP, THIN, forecasts_of, issue, tiny_vintage

GATE = Gate("not-worse", tolerance=0.05)
ALWAYS = Gate("always")


def vintage(mase: float = 1.0, *, year: int = 2024) -> Vintage:
    scores = pl.DataFrame({"unique_id": [EV], "cutoff": [date(year, 1, 1)], "mase": [mase]})
    return replace(tiny_vintage(), scores=scores)


def compared(challenger: Vintage, *, champion: Vintage) -> Comparison:
    """By what was recorded, all cutoffs in one fold."""
    return compare(
        challenger.scores,
        champion=champion.scores.with_columns(how=pl.lit(RECORDED)),
        folds=challenger.scores.select("unique_id", "cutoff", fold=pl.lit(1)),
        overlap=1,
    )


def decide(
    challenger: Vintage,
    *,
    champion: Vintage | None,
    gate: Gate,
    sectors: list[str] | None = None,
    force: bool = False,
    comparison: Comparison | None = None,
) -> Decision:
    found = comparison or (compared(challenger, champion=champion) if champion else None)
    return promotion.decide(challenger, champion=champion, comparison=found, gate=gate, sectors=sectors, force=force)


def known_at(at: datetime, one: Vintage) -> Vintage:
    return replace(one, issue=replace(one.issue, data_as_of=at))


def without(series_id: str, one: Vintage, *, why: str = "Every month is zero.") -> Vintage:
    """A vintage which does not forecast a series, and says why."""
    here = pl.col("series_id") == series_id
    row = {"status": pl.lit(why), "row_count": pl.lit(0), "row_start": pl.lit(0)}
    changed = [pl.when(here).then(to).otherwise(name).alias(name) for name, to in row.items()]
    return replace(
        one,
        forecasts=one.forecasts.filter(~here),
        series=one.series.with_columns(changed).cast(dict(one.series.schema)),
    )


def test_the_first_run_goes_into_service() -> None:
    decision = decide(vintage(), champion=None, gate=GATE)

    assert decision.promote


def test_a_challenger_within_the_tolerance_goes_into_service() -> None:
    decision = decide(vintage(1.04), champion=vintage(), gate=GATE)

    assert decision.promote
    assert "1.0400 against 1.0000" in decision.reason
    assert decision.lost.is_empty()


def test_a_worse_challenger_does_not() -> None:
    decision = decide(vintage(1.06), champion=vintage(), gate=GATE)

    assert not decision.promote
    assert decision.by_sector.row(0)[:4] == ("ev", 1, 1.0, 1.06)


def test_only_common_folds_are_compared() -> None:
    decision = decide(vintage(9.0), champion=vintage(year=2023), gate=GATE)

    assert decision.promote
    assert "No fold is common" in decision.reason


def test_the_gate_may_always_promote() -> None:
    decision = decide(vintage(9.0), champion=vintage(), gate=ALWAYS)

    assert decision.promote


@pytest.mark.parametrize("gate", [GATE, ALWAYS])
def test_a_run_with_older_figures_than_those_in_service_does_not_replace_them(gate: Gate) -> None:
    old = known_at(datetime(2024, 6, 30, tzinfo=UTC), vintage(0.5))

    decision = decide(old, champion=vintage(), gate=gate)

    assert not decision.promote
    assert "as of 2024-06-30 00:00 UTC, service later ones: battery 2026-09-15 02:00, ev 2026-09-15" in decision.reason
    assert "--force" in decision.reason


def test_a_run_with_the_same_figures_is_not_older() -> None:
    assert decide(vintage(), champion=vintage(), gate=GATE).promote


def test_the_age_of_figures_is_compared_with_the_run_that_made_the_sector() -> None:
    month = timedelta(days=31)
    origin = issue("earlier")
    origin = replace(origin, data_as_of=origin.data_as_of - month)
    champion = replace(vintage(), issue=replace(issue(), carried={"battery": origin}))
    between = known_at(champion.issue.data_as_of - month / 2, vintage())

    battery = decide(between, champion=champion, gate=GATE, sectors=["battery"])
    ev = decide(between, champion=champion, gate=GATE, sectors=["ev"])

    assert (battery.promote, ev.promote) == (True, False)


@pytest.mark.parametrize("gate", [GATE, ALWAYS])
def test_a_run_which_loses_a_series_keeps_the_champion_and_names_it(gate: Gate) -> None:
    decision = decide(without(LFP, vintage(0.5)), champion=vintage(), gate=gate)

    assert not decision.promote
    assert f"does not forecast 1 series that service forecasts: {LFP}." in decision.reason
    assert decision.lost.rows() == [(LFP, "Every month is zero.")]


def test_many_lost_series_are_counted_and_the_first_named() -> None:
    count = SHOWN + 2
    names = [f"ev.production.C{at}" for at in range(count)]
    row = vintage().series.filter(series_id=EV)
    series = pl.concat([row.with_columns(series_id=pl.lit(name)) for name in names])
    champion = replace(vintage(), series=series, forecasts=pl.concat([forecasts_of(name, level=1.0) for name in names]))
    bare = series.with_columns(row_count=pl.lit(0, dtype=pl.UInt32), status=pl.lit("?"))
    challenger = replace(vintage(), series=bare, forecasts=pl.DataFrame(schema=FORECASTS))

    decision = decide(challenger, champion=champion, gate=GATE)

    assert f"{count} series that service forecasts: {', '.join(names[:SHOWN])} and 2 more." in decision.reason
    assert decision.lost["series_id"].to_list() == names


def test_series_no_longer_declared_or_without_figures_or_of_other_sectors_are_no_loss() -> None:
    undeclared = without(LFP, vintage())
    undeclared = replace(undeclared, series=undeclared.series.filter(pl.col("series_id") != LFP))
    bare = without(LFP, vintage())
    zero = pl.when(pl.col("series_id") == LFP).then(0).otherwise("panel_count").cast(pl.UInt32).alias("panel_count")
    bare = replace(bare, series=bare.series.with_columns(zero))

    assert decide(undeclared, champion=vintage(), gate=GATE).promote
    assert decide(bare, champion=vintage(), gate=GATE).promote
    assert decide(without(LFP, vintage()), champion=vintage(), gate=GATE, sectors=["ev"]).promote


def test_a_series_whose_forecast_months_are_all_past_is_no_loss() -> None:
    late = without(LFP, vintage())
    late = replace(late, issue=replace(late.issue, issued_at=datetime(2028, 9, 1, tzinfo=UTC)))
    in_time = replace(late, issue=replace(late.issue, issued_at=datetime(2028, 8, 31, tzinfo=UTC)))

    assert decide(late, champion=vintage(), gate=GATE).promote
    assert not decide(in_time, champion=vintage(), gate=GATE).promote


def test_force_promotes_and_still_says_what_spoke_against_it() -> None:
    old = known_at(datetime(2024, 6, 30, tzinfo=UTC), without(LFP, vintage(9.0)))

    decision = decide(old, champion=vintage(), gate=GATE, force=True)

    assert decision.promote
    assert decision.reason.startswith("Forced into service.")
    assert "2024-06-30" in decision.reason
    assert LFP in decision.reason
    assert "beyond the tolerance" in decision.reason
    assert THIN not in decision.reason


def several(*mases: float, how: str = RECORDED) -> pl.DataFrame:
    """Scores of a fold each."""
    cutoffs = [date(2024, month, 1) for month in range(1, len(mases) + 1)]
    columns = {"unique_id": EV, "cutoff": cutoffs, "mase": mases, "fold": range(len(mases)), "how": how}
    return pl.DataFrame(columns)


def against_ones(*mases: float, same_method: bool = False) -> Comparison:
    """Of a challenger with these errors against a champion whose errors are all 1."""
    mine = several(*mases)
    theirs = several(*[1.0 for _ in mases]).drop("fold")
    return compare(
        mine.drop("fold", "how"),
        champion=theirs,
        folds=mine.drop("how", "mase"),
        overlap=1,
        same_method=same_method,
    )


BETTER = Gate("better", level=0.05)
CLEARLY, HARDLY = (0.90, 0.91, 0.89, 0.90, 0.92), (0.90, 1.11, 0.89, 1.05, 0.92)
WORSE = tuple(2 - one for one in CLEARLY)


@pytest.mark.parametrize(
    ("mases", "promote", "verdict"),
    [(CLEARLY, True, ": better at"), (HARDLY, False, "not shown to be better"), (WORSE, False, "not shown to be")],
)
def test_a_gate_may_ask_that_the_run_is_shown_to_be_better(
    mases: tuple[float, ...], promote: bool, verdict: str
) -> None:
    decision = decide(vintage(), champion=vintage(), gate=BETTER, comparison=against_ones(*mases))

    assert decision.promote == promote
    assert verdict in decision.reason
    assert "the level of 0.05" in decision.reason


@pytest.mark.parametrize(("mases", "promote"), [(HARDLY, True), (WORSE, False)])
def test_the_same_method_need_only_not_be_shown_to_be_worse(mases: tuple[float, ...], promote: bool) -> None:
    comparison = against_ones(*mases, same_method=True)

    assert decide(vintage(), champion=vintage(), gate=BETTER, comparison=comparison).promote == promote


def test_too_few_folds_show_nothing() -> None:
    decision = decide(vintage(), champion=vintage(), gate=BETTER, comparison=against_ones(0.5, 0.5))

    assert not decision.promote
    assert "too few to tell it from chance" in decision.reason


@pytest.mark.parametrize("gate", [GATE, ALWAYS, BETTER])
def test_where_nothing_but_the_figures_differs_the_newer_ones_count(gate: Gate) -> None:
    mine = several(1.0, 1.0, 1.0, how="same method")
    comparison = compare(
        mine.drop("fold", "how"),
        champion=mine.drop("fold"),
        folds=mine.drop("how", "mase"),
        overlap=1,
        same_method=True,
    )

    decision = decide(vintage(), champion=vintage(), gate=gate, comparison=comparison)

    assert decision.promote
    assert "nothing differs but the figures" in decision.reason


def test_without_a_common_fold_nothing_is_shown_to_be_better() -> None:
    decision = decide(vintage(), champion=vintage(year=2020), gate=BETTER)

    assert not decision.promote


def test_what_could_not_be_backtested_again_is_told() -> None:
    noted = replace(against_ones(*CLEARLY), notes=("ev: its method is not known.",))

    assert decide(vintage(), champion=vintage(), gate=GATE, comparison=noted).reason.endswith("is not known.")
