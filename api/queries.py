"""What may be asked of each address; anything else is refused."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from forecaster.domain.errors import BadParameter, QuantileNotStored
from forecaster.domain.instants import FORMS, instant
from forecaster.domain.vintage import QUANTILES

MONTH = r"^[1-9]\d{3}-(0[1-9]|1[0-2])$"
NUMBERS = r"^\d+(\.\d+)?(,\d+(\.\d+)?)*$"
PATTERNS = {MONTH: "is a month as YYYY-MM", NUMBERS: "is a list of numbers with commas, such as 80,95"}
"""What a value that does not match is told."""

Basis = Literal["month", "ytd", "jan-feb"]
BASIS = "how figures are stated: `month`; `ytd`, January to the month; `jan-feb`, the one sum of both, at February"

DEFAULT_LEVELS = "80,95"

LEVELS = tuple(sorted(round(100 * (1 - 2 * quantile), 6) for quantile in QUANTILES if quantile < 0.5))
"""Levels of the stored quantiles, in percent: the share between a quantile and its opposite."""


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


class SeriesPage(SeriesFilter):
    """A page of series."""

    limit: int = Field(100, ge=1, le=1000)
    cursor: str | None = Field(None, description="`next_cursor` of the page before", max_length=500)


class ForecastShape(NoQuery):
    """How far, and how uncertainty is stated."""

    horizon: int = Field(12, ge=1, le=10_000, description="months ahead; as many as the vintage holds, usually 24")
    levels: str | None = Field(
        None, pattern=NUMBERS, description=f"intervals in percent, `{DEFAULT_LEVELS}` by default", examples=["80,95"]
    )
    quantiles: str | None = Field(
        None, pattern=NUMBERS, description="quantiles instead of intervals", examples=["0.1,0.5,0.9"]
    )
    basis: Basis = Field("month", description=BASIS)
    format: Literal["json", "csv"] | None = Field(None, description="instead of the header `Accept`")

    def asked_quantiles(self) -> tuple[float, ...] | None:
        """The quantiles asked for, ascending; None where intervals are.

        Raises:
            QuantileNotStored: one that no vintage holds.
            BadParameter: quantiles and levels at once.
        """
        if self.quantiles is None:
            return None
        if self.levels is not None:
            raise BadParameter(name="quantiles", what="give either `levels` or `quantiles`, not both.")
        return _chosen(self.quantiles, name="quantiles", stored=QUANTILES)

    def asked_levels(self) -> tuple[float, ...]:
        """The levels asked for, in percent, ascending.

        Raises:
            QuantileNotStored: one whose quantiles no vintage holds.
        """
        return _chosen(self.levels or DEFAULT_LEVELS, name="levels", stored=LEVELS)


class ChartQuery(NoQuery):
    """In which basis the figures are drawn."""

    basis: Basis = Field("month", description=BASIS)


class AsOf(NoQuery):
    """An instant of the past."""

    as_of: str | None = Field(None, description=FORMS, max_length=40, examples=["2026-06-30"])

    def instant(self) -> datetime | None:
        """The instant asked for; of a day, its end in UTC.

        Raises:
            BadParameter: neither a day nor an instant.
        """
        return None if self.as_of is None else instant(self.as_of, name="as_of")


class ForecastQuery(ForecastShape, AsOf):
    """The forecast of one series, as in service now or at an instant."""


class ForecastsPage(ForecastShape, SeriesPage):
    """The same for many series; a CSV without `limit` holds them all."""


class ObservationsQuery(AsOf):
    """Which figures, in which basis, as known when."""

    basis: Basis = Field("month", description=BASIS)
    from_: str | None = Field(None, alias="from", pattern=MONTH, description="first month, `YYYY-MM`")
    to: str | None = Field(None, pattern=MONTH, description="last month, `YYYY-MM`")
    include_history: bool = Field(
        default=False, description="also every report, and where reports contradict each other; JSON only"
    )
    format: Literal["json", "csv"] | None = Field(None, description="instead of the header `Accept`")

    def months(self) -> tuple[date | None, date | None]:
        """The first and the last month asked for; None: no bound.

        Raises:
            BadParameter: the first lies behind the last.
        """
        first, last = (date.fromisoformat(f"{end}-01") if end else None for end in (self.from_, self.to))
        if first and last and first > last:
            raise BadParameter(name="from", what=f"{self.from_} lies behind `to`, {self.to}.")
        return first, last


class VintagesPage(NoQuery):
    """A page of vintages."""

    limit: int = Field(100, ge=1, le=1000)
    cursor: str | None = Field(None, description="`next_cursor` of the page before", max_length=500)


def _chosen(listed: str, *, name: str, stored: tuple[float, ...]) -> tuple[float, ...]:
    numbers = sorted({float(number) for number in listed.split(",")})
    for number in numbers:
        if number not in stored:
            raise QuantileNotStored(name=name, asked=number, available=stored)
    return tuple(numbers)
