"""What may be asked of each address; anything else is refused."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.config import JsonDict

from api.formats import Format
from api.shapes import Shape
from forecaster.domain.errors import BadParameter, QuantileNotStored
from forecaster.domain.instants import FORMS, instant
from forecaster.domain.vintage import QUANTILES

INSTANT: JsonDict = {
    "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}, {"type": "null"}]
}
FORMAT = Field(None, description="instead of the header `Accept`")
MONTH = r"^[1-9]\d{3}-(0[1-9]|1[0-2])$"
NUMBERS = r"^\d+(\.\d+)?(,\d+(\.\d+)?)*$"
CURSOR = r"^[A-Za-z0-9_-]+$"
PRINTED = r"^[^\x00-\x1f\x7f]*$"
PATTERNS = {
    MONTH: "is a month as YYYY-MM",
    NUMBERS: "is a list of numbers with commas, such as 80,95",
    CURSOR: "is the `next_cursor` of the page before",
    PRINTED: "is text without control characters",
}
"""What a value that does not match is told."""

Basis = Literal["month", "ytd", "jan-feb"]
BASIS = "how figures are stated: `month`; `ytd`, January to the month; `jan-feb`, the one sum of both, at February"

HORIZON = Field(12, ge=1, le=10_000, description="months ahead; as many as the vintage holds, usually 24")
DEFAULT_LEVELS = (80.0, 95.0)

LEVELS = tuple(sorted(round(100 * (1 - 2 * quantile), 6) for quantile in QUANTILES if quantile < 0.5))
"""Levels of the stored quantiles, in percent: the share between a quantile and its opposite."""


def _listed(numbers: Sequence[float]) -> dict[str, JsonValue]:
    """What the document says of a list of some of these numbers; a request is told which there are, not a pattern."""
    one = "|".join(f"{number:g}".replace(".", r"\.") for number in numbers)
    return {"anyOf": [{"type": "string", "pattern": f"^({one})(,({one}))*$"}, {"type": "null"}]}


def _one_of(numbers: Sequence[float]) -> Any:
    """The same of one number in a body."""
    return Field(json_schema_extra={"enum": [round(number, 6) for number in numbers]})


async def check_once(request: Request) -> None:
    """Refuse a parameter that is given twice, of which the framework would take the last.

    Raises:
        BadParameter: there is one.
    """
    given = [name for name, _ in request.query_params.multi_items()]
    for name in given:
        if given.count(name) > 1:
            raise BadParameter(
                name=name, what=f"is given {given.count(name)} times; give it once, several values with commas."
            )


class NoQuery(BaseModel):
    """No parameter at all; base of every query."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SeriesFilter(NoQuery):
    """Which series."""

    sector: str | None = Field(None, description="e.g. `ev`", max_length=100)
    measure: str | None = Field(None, description="e.g. `production`", max_length=100)
    region: str | None = Field(None, description="ISO 3166 where it exists, e.g. `CN`", max_length=100)
    segment: str | None = Field(None, description="e.g. `lfp`", max_length=100)
    source: str | None = Field(None, description="key of the publishing body, e.g. `nbs`", max_length=100)
    q: str = Field("", description="words that the id or the name (English or Chinese) contains", max_length=200)

    def equal(self) -> dict[str, str]:
        """The columns that must have a value."""
        named = self.model_dump(include={"sector", "measure", "region", "segment", "source"}, exclude_none=True)
        return {key: str(value) for key, value in named.items()}


class Page(NoQuery):
    """A part of a list."""

    limit: int = Field(100, ge=1, le=1000)
    cursor: str | None = Field(None, pattern=CURSOR, description="`next_cursor` of the page before", max_length=500)

    def is_whole(self) -> bool:
        """Whether no part of the list was asked for, so that a table holds all of it."""
        return not self.model_fields_set & {"limit", "cursor"}


class VintagesPage(Page):
    """A page of vintages."""


class SeriesPage(SeriesFilter, Page):
    """A page of series; a table without `limit` holds them all."""

    format: Format | None = FORMAT


class ForecastShape(NoQuery):
    """How far, and how uncertainty is stated."""

    horizon: int = HORIZON
    levels: str | None = Field(
        None,
        pattern=NUMBERS,
        description="intervals in percent, 80 and 95 by default",
        examples=["80,95"],
        json_schema_extra=_listed(LEVELS),
    )
    quantiles: str | None = Field(
        None,
        pattern=NUMBERS,
        description="quantiles instead of intervals",
        examples=["0.1,0.5,0.9"],
        json_schema_extra=_listed(QUANTILES),
    )
    basis: Basis = Field("month", description=BASIS)
    format: Format | None = FORMAT

    def shape(self) -> Shape:
        """What is asked for, each level and quantile once, ascending.

        Raises:
            QuantileNotStored: one that no vintage holds.
            BadParameter: quantiles and levels at once.
        """
        return asked_shape(levels=_numbers(self.levels), quantiles=_numbers(self.quantiles), basis=self.basis)


class BatchQuery(NoQuery):
    """How a batch is answered."""

    format: Format | None = FORMAT


class Batch(NoQuery):
    """Which series are wanted, and how; in the body of a request."""

    series: list[Annotated[str, Field(max_length=200)]] = Field(
        min_length=1, max_length=1000, description="ids; one that is given twice is answered once",
        examples=[["ev.production.CN", "battery.production.CN"]],
    )  # fmt: skip  # what is said of the list stays together
    horizon: int = HORIZON
    levels: list[Annotated[float, _one_of(LEVELS)]] | None = Field(
        None, min_length=1, max_length=20, description="intervals in percent", examples=[[80]]
    )
    quantiles: list[Annotated[float, _one_of(QUANTILES)]] | None = Field(
        None, min_length=1, max_length=20, description="quantiles instead of intervals"
    )
    basis: Basis = Field("month", description=BASIS)
    as_of: str | None = Field(
        None, description=FORMS, max_length=40, examples=["2026-06-30"], json_schema_extra=INSTANT
    )

    def shape(self) -> Shape:
        """What is asked for. Raises as `ForecastShape.shape` does."""
        return asked_shape(levels=self.levels, quantiles=self.quantiles, basis=self.basis)

    def instant(self) -> datetime | None:
        """The instant asked for. Raises as `AsOf.instant` does."""
        return None if self.as_of is None else instant(self.as_of, name="as_of")


class AccuracyQuery(Page):
    """Of which forecasts, by what, against which statement."""

    sector: str | None = Field(None, description="of one sector", max_length=100)
    series: str | None = Field(None, description="of one series, by its id", max_length=200)
    by: Literal["horizon", "series", "vintage"] = Field("horizon", description="a row for each")
    against: Literal["first", "latest"] = Field(
        "latest", description="`first`: each figure as it was first stated; `latest`: as it stands"
    )
    format: Format | None = FORMAT


class StatusQuery(Page):
    """Of which series."""

    sector: str | None = Field(None, description="of one sector", max_length=100)
    overdue: bool | None = Field(None, description="only those whose figures are overdue, or are not")


class ReleaseQuery(NoQuery):
    """What is said of a release beside its file."""

    source: str | None = Field(
        None, pattern=PRINTED, description="who published it, for rows that don't say", max_length=100
    )
    released: str | None = Field(
        None, pattern=PRINTED, description="when, for rows that don't say: YYYY-MM-DD", max_length=40
    )
    layout: str | None = Field(None, pattern=PRINTED, description="how a printed table is laid out", max_length=100)
    period: str | None = Field(None, pattern=MONTH, description="`YYYY-MM`, for a printed table that does not name it")
    dry_run: bool = Field(default=False, description="check, and list what would change; store nothing")

    def options(self) -> dict[str, str]:
        """What was said."""
        return {name: str(value) for name, value in self.model_dump(exclude={"dry_run"}, exclude_none=True).items()}


class ChartQuery(NoQuery):
    """In which basis the figures are drawn."""

    basis: Basis = Field("month", description=BASIS)


class AsOf(NoQuery):
    """An instant of the past."""

    as_of: str | None = Field(
        None, description=FORMS, max_length=40, examples=["2026-06-30"], json_schema_extra=INSTANT
    )

    def instant(self) -> datetime | None:
        """The instant asked for; of a day, its end in UTC.

        Raises:
            BadParameter: neither a day nor an instant.
        """
        return None if self.as_of is None else instant(self.as_of, name="as_of")


class ForecastQuery(ForecastShape, AsOf):
    """The forecast of one series, as in service now or at an instant."""


class ForecastsPage(ForecastShape, SeriesPage, AsOf):
    """The same for many series; a table without `limit` holds them all."""


class ObservationsQuery(AsOf):
    """Which figures, in which basis, as known when."""

    basis: Basis = Field("month", description=BASIS)
    from_: str | None = Field(None, alias="from", pattern=MONTH, description="first month, `YYYY-MM`")
    to: str | None = Field(None, pattern=MONTH, description="last month, `YYYY-MM`")
    include_history: bool = Field(
        default=False, description="also every report, and where reports contradict each other; JSON only"
    )
    format: Format | None = FORMAT

    def months(self) -> tuple[date | None, date | None]:
        """The first and the last month asked for; None: no bound.

        Raises:
            BadParameter: the first lies behind the last.
        """
        first, last = (date.fromisoformat(f"{end}-01") if end else None for end in (self.from_, self.to))
        if first and last and first > last:
            raise BadParameter(name="from", what=f"{self.from_} lies behind `to`, {self.to}.")
        return first, last


def asked_shape(*, levels: Sequence[float] | None, quantiles: Sequence[float] | None, basis: str) -> Shape:
    """Levels or quantiles as asked for, or the usual levels.

    Raises:
        QuantileNotStored: one that no vintage holds.
        BadParameter: quantiles and levels at once.
    """
    if quantiles is None:
        return Shape(_stored(levels or DEFAULT_LEVELS, name="levels", stored=LEVELS), None, basis)
    if levels is not None:
        raise BadParameter(name="quantiles", what="give either `levels` or `quantiles`, not both.")
    return Shape((), _stored(quantiles, name="quantiles", stored=QUANTILES), basis)


def _stored(numbers: Sequence[float], *, name: str, stored: Sequence[float]) -> tuple[float, ...]:
    for number in numbers:
        if number not in stored:
            raise QuantileNotStored(name=name, asked=number, available=tuple(stored))
    return tuple(sorted(set(numbers)))


def _numbers(listed: str | None) -> list[float] | None:
    return None if listed is None else [float(number) for number in listed.split(",")]
