"""The shapes of answers, as OpenAPI documents them; routes encode plain values, tests hold them to these."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

PERIOD = Field(pattern=r"^\d{4}-\d{2}$", examples=["2026-09"])


class Shape(BaseModel):
    """Base: nothing but what is declared."""

    model_config = ConfigDict(extra="forbid")


class Issued(Shape):
    """Which vintage an answer comes from."""

    id: str = Field(examples=["2026-09-16T02-00-11Z-7f3a"])
    issued_at: datetime
    data_as_of: datetime = Field(description="only figures released by then were used")


class CarriedOut(Issued):
    """The earlier vintage that a sector's forecasts were taken over from."""

    sector: str
    run_id: str = Field(description="of MLflow")
    model_version: str


class VintageOut(Issued):
    """A vintage with the run and the decision behind it."""

    experiment: str
    run_id: str = Field(description="of MLflow")
    model_version: str = Field(description="in MLflow's registry; empty where `recorded` is false")
    recorded: bool = Field(description="false: MLflow was out of reach then; its run is there, or comes, under a tag")
    decision: str = Field(description="why it went into service")
    code_version: str
    carried: list[CarriedOut] = Field(description="sectors that were not part of the run")
    reconciliation: str = Field(description="how forecasts were made to add up: mint-shrink, bottom-up or none")
    apart: dict[str, str] = Field(description="totals whose forecasts are no sum of their parts', and why")


class VintagesOut(Shape):
    """Vintages, newest first."""

    items: list[VintageOut]
    next_cursor: str | None


class SeriesOut(Shape):
    """A series with its metadata."""

    series_id: str = Field(examples=["ev.production.CN"])
    name: str
    name_zh: str
    sector: str
    measure: str
    region: str
    segment: str | None
    source: str
    leading: bool = Field(description="false: another body's figures lead, and the id carries @source")
    unit: str
    kind: Literal["flow", "stock"]
    basis: list[str] = Field(description="the bases in which figures are served")
    derived: str | None = Field(description="null: reported; `sum` or `remainder`: worked out from other series")
    parents: list[str]
    children: list[str]
    first_period: str | None
    last_period: str | None
    last_release: datetime | None
    stale: bool = Field(description="figures were overdue by the source's usual lag when the vintage was issued")
    status: Literal["forecast", "no-forecast"]
    reason: str | None = Field(description="why there is no forecast")


class SeriesOneOut(SeriesOut):
    """One series, and the vintage that says so."""

    vintage: Issued


class SeriesPageOut(Shape):
    """A page of series."""

    vintage: Issued
    items: list[SeriesOut]
    next_cursor: str | None


class NamedOut(Shape):
    """A key with its names; null where the catalogue of this service does not hold it."""

    key: str
    name: str | None
    name_zh: str | None


class SourceOut(NamedOut):
    """A publishing body."""

    url: str | None


class MeasureOut(NamedOut):
    """What is counted of a sector."""

    units: list[str]
    series: int
    forecasts: int = Field(description="series that have a forecast")
    last_period: str | None
    last_release: datetime | None


class SectorOut(NamedOut):
    """A sector."""

    measures: list[MeasureOut]
    sources: list[SourceOut]
    regions: list[NamedOut]
    series: int
    forecasts: int
    stale: int = Field(description="series whose figures are overdue")
    last_period: str | None
    last_release: datetime | None


class SectorsOut(Shape):
    """All sectors of the vintage in service."""

    vintage: Issued
    items: list[SectorOut]


class ModelOut(Shape):
    """What made a forecast."""

    name: str
    version: str
    run_id: str
    weights: dict[str, float]


class FailedOut(Shape):
    """A candidate that gave no forecast."""

    model: str
    reason: str


class BacktestOut(Shape):
    """How good the combination was in the rolling backtest."""

    mase: float | None
    coverage_80: float | None
    folds: int


Basis = Literal["month", "ytd", "jan-feb"]


class PointOut(Shape):
    """A month, or the sum that ends in it; `quantiles` where they were asked for, else `intervals`."""

    period: str = PERIOD
    mean: float
    intervals: dict[str, tuple[float, float]] | None = Field(
        None, examples=[{"80": [1510000.0, 1785000.0], "95": [1430000.0, 1880000.0]}]
    )
    quantiles: dict[str, float] | None = Field(None, examples=[{"0.1": 1510000.0}])
    includes_estimated: bool | None = Field(
        None, description="of sums only: some of its known months rest on nothing that was stated of that sum"
    )


class ForecastOut(Shape):
    """The forecast of a series."""

    series_id: str = Field(examples=["ev.production.CN"])
    name: str
    unit: str
    basis: Basis
    vintage: Issued
    cutoff: str = Field(pattern=r"^\d{4}-\d{2}$", description="last observed month")
    stale: bool
    model: ModelOut
    failed: list[FailedOut]
    backtest: BacktestOut
    points: list[PointOut]


class MissingOut(Shape):
    """A series without a forecast, and why."""

    series_id: str
    reason: str


class ForecastsOut(Shape):
    """A page of forecasts."""

    vintage: Issued
    items: list[ForecastOut]
    missing: list[MissingOut]
    next_cursor: str | None


class ObservationOut(Shape):
    """A month of the panel, or the sum from January to it."""

    period: str = PERIOD
    value: float
    obtained: Literal["reported", "differenced", "estimated"]
    reports: list[str] | None = Field(None, description="report_ids that it comes from; with `include_history`")


class ReportOut(Shape):
    """A figure as a body published it."""

    report_id: str
    series_id: str
    period_start: str = PERIOD
    period_end: str = PERIOD
    basis: str = Field(examples=["ytd"])
    kind: Literal["value", "growth"] = Field(description="`growth`: over a year earlier in percent, as published")
    value: float = Field(description="in `unit`, as stated")
    unit: str
    released_at: datetime
    released_assumed: bool = Field(description="true: the end of the span plus the source's usual lag")
    status: Literal["preliminary", "revised", "final"] | None
    url: str | None
    title: str | None
    note: str | None


class ContradictionOut(Shape):
    """Two figures of one series that can't both be right."""

    series_id: str
    period_start: str = PERIOD
    period_end: str = PERIOD
    what: str
    stated: float = Field(description="the figure that is named, in `unit`")
    other: float = Field(description="the figure that it contradicts, in `unit`")
    size: float = Field(description="the one less the other, in `unit`")
    unit: str


class ObservationsOut(Shape):
    """The figures of a series: what the models saw, or would have seen at an instant."""

    series_id: str
    name: str
    name_zh: str
    unit: str
    basis: Basis
    vintage: Issued
    as_of: datetime = Field(description="only reports released by then count; never later than `data_as_of`")
    items: list[ObservationOut]
    history: list[ReportOut] | None = Field(None, description="every report, with `include_history`")
    contradictions: list[ContradictionOut] | None = Field(None, description="with `include_history`")


class ReadyOut(Shape):
    """A vintage is in service."""

    status: Literal["ready"]
    vintage: str


class AliveOut(Shape):
    """The process answers."""

    status: Literal["alive"]


class FieldFault(Shape):
    """What is wrong with one field of a request."""

    field: str
    where: str = Field(alias="in")
    line: int | None = Field(None, description="of the file that was sent, where it is about one")
    message: str


class ProblemOut(BaseModel):
    """A problem document (RFC 9457); further members carry the facts."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["/problems/unknown-series"])
    title: str
    status: int
    detail: str = Field(description="what is wrong, and what to do")
    instance: str | None = None
    errors: list[FieldFault] | None = None


class BatchErrorOut(ProblemOut):
    """A series of a batch without a forecast: a problem document, and its id."""

    series_id: str


class BatchOut(Shape):
    """The forecasts of a batch in the order of its ids, and a problem for each id without one."""

    vintage: Issued
    items: list[ForecastOut]
    errors: list[BatchErrorOut]


class WarningOut(Shape):
    """A figure to look at twice; it is stored all the same."""

    line: int
    column: str
    what: str
    mild: bool = Field(description="two statements that agree to rounding")


class ChangeOut(Shape):
    """What a release would change."""

    model_config = ConfigDict(extra="allow")

    line: int
    what: str = Field(examples=["new", "revised"])
    series_id: str


class UnforeseenOut(Shape):
    """A new figure outside the forecast's 99 % band, in the unit of its series."""

    line: int
    series_id: str
    first: str = PERIOD
    last: str = PERIOD
    value: float = Field(description="of a total, what it adds to the one before it")
    mean: float = Field(description="that was forecast of these months")
    low: float
    high: float


class TakenOut(Shape):
    """What became of a release; `new` counts spans of a series, the others count reports."""

    dry_run: bool
    release_id: str
    new: int = Field(description="figures not stated before")
    revised: int = Field(description="known figures stated otherwise")
    repeated: int = Field(description="reports stored already")
    further: int = Field(description="known figures stated once more, alike, in another place")
    reports: int
    assumed: int = Field(description="reports without a release date; the source's usual lag was taken")
    doubtful: int
    warnings: list[WarningOut] = Field(description="the first 1,000")
    unforeseen: list[UnforeseenOut] = Field(description="far outside the forecast in service, the first 1,000")
    left_out: list[str] = Field(description="products and columns that no series stands for")
    changes: list[ChangeOut] | None = Field(description="of a dry run: what would change, the first 1,000 by line")
    schedules: list[str] | None = Field(
        description="that wait for a release and run once it was gathered; null: could not be told, send it again"
    )


class ScoresOut(Shape):
    """How good forecasts of a group were, each series with equal weight; null where nothing can be told."""

    mase: float | None = Field(description="in units of a series' usual error, that of the seasonal naive forecast")
    smape: float | None = Field(description="percent")
    bias: float | None = Field(description="as `mase`; above 0: forecasts were too low")
    coverage_80: float | None = Field(description="share of figures within the 80 % interval")
    coverage_95: float | None
    skill: float | None = Field(description="1 less the ratio of MASE to that of the seasonal naive forecast")
    series: int
    figures: int = Field(description="forecasts of a stated figure")


class AccuracyRowOut(ScoresOut):
    """One row; it has the one of the three keys that `by` asks for."""

    horizon: int | None = Field(None, description="months ahead")
    series_id: str | None = None
    vintage: str | None = None


class AccuracyOut(Shape):
    """Realised accuracy."""

    vintage: Issued = Field(description="the one in service, which knows what came")
    by: Literal["horizon", "series", "vintage"]
    against: Literal["first", "latest"]
    vintages: list[str] = Field(description="whose forecasts are told of")
    overall: ScoresOut
    items: list[AccuracyRowOut]
    next_cursor: str | None


class FreshOut(Shape):
    """How fresh the figures of a series are."""

    series_id: str
    source: str
    last_period: str | None = Field(description="the last month that is known; null: none yet")
    next_due: date | None = Field(description="when the next release usually comes")
    missed: int = Field(description="months that should be known by now")
    days_late: int = Field(description="of the oldest of them, after its usual day")


class MissedOut(Shape):
    """A body whose figures should be out."""

    source: str
    series: int = Field(description="that lack figures")
    since: str = PERIOD
    days_late: int
