"""Figures in the published basis: sums from January on, of months that are known and months that are forecast."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from forecaster.domain.bridges import Month
from forecaster.domain.catalogue import FLOW
from forecaster.domain.errors import BadParameter
from forecaster.domain.panel import DIFFERENCED, ESTIMATED, REPORTED
from forecaster.domain.paths import PATHS, Place, quantiles_of, values_at

MONTH, YTD, JAN_FEB = "month", "ytd", "jan-feb"
BASES = (MONTH, YTD, JAN_FEB)
FEBRUARY = 1  # of a month number, modulo 12


@dataclass(frozen=True, slots=True)
class Total:
    """The forecast of a sum from January to a month."""

    number: int  # of that month, as `months.month_number` counts
    mean: float
    quantiles: tuple[float, ...]  # one for each of QUANTILES, ascending
    includes_estimated: bool  # of the months that are known, some rest on nothing that was stated of that sum


@dataclass(frozen=True, slots=True)
class Observation:
    """A figure that is known, in some basis."""

    number: int  # of its last month
    value: float
    obtained: str
    reports: tuple[str, ...]  # report_ids that it comes from


@dataclass(frozen=True, slots=True)
class Stated:
    """A sum as its body stated it, in the series' own unit."""

    value: float
    rounding: float  # half a unit of the last digit stated
    report_id: str


def bases_of(kind: str) -> tuple[str, ...]:
    """The bases that a series is served in; levels don't add up."""
    return BASES if kind == FLOW else (MONTH,)


def check_basis(basis: str, *, series_id: str, kind: str) -> None:
    """Refuse a basis that a series does not have.

    Raises:
        BadParameter: naming those that it has.
    """
    if basis not in bases_of(kind):
        what = f"{basis!r} is not offered for {series_id}, a {kind}; ask for {', '.join(bases_of(kind))}."
        raise BadParameter(name="basis", what=what)


def forecast_totals(
    *,
    first: int,
    means: Sequence[float],
    quantiles: Sequence[Sequence[float]],
    known: Mapping[int, Month],
    paths: Sequence[Sequence[Place]],
    basis: str,
) -> list[Total]:
    """Year-to-date sums of forecast months and, in the running year, of the months already known.

    Args:
        first: number of the first month forecast.
        means: of each month forecast, in the series' own unit.
        quantiles: of each, one for each of QUANTILES, ascending.
        known: months before `first`, by number; those of its year are used.
        paths: of each month forecast, as `paths.places` gives them.
        basis: YTD, or JAN_FEB for the sums that end in February alone.

    Returns:
        A sum for each month forecast, in order; a year whose January is neither known nor forecast has none.
        Quantiles are those of the sum over joint paths, and never below what is already known of it.
    """
    ahead = zip(range(first, first + len(means)), means, quantiles, paths, strict=False)
    found = list(_running(ahead, year=_known_part(first, known)))
    return found if basis == YTD else [total for total in found if total.number % 12 == FEBRUARY]


def _known_part(first: int, known: Mapping[int, Month]) -> list[Month] | None:
    """The months of the running year that are known; None where one is missing."""
    numbers = range(first - first % 12, first)
    return [known[number] for number in numbers] if all(number in known for number in numbers) else None


def _running(
    ahead: Iterator[tuple[int, float, Sequence[float], Sequence[Place]]], *, year: list[Month] | None
) -> Iterator[Total]:
    published = sum(month.y for month in year or ())
    mean, sums, estimated = published, [published] * PATHS, not _is_settled(year or ())
    for number, month_mean, month_quantiles, placed in ahead:
        if number % 12 == 0:
            year, published, mean, sums, estimated = [], 0.0, 0.0, [0.0] * PATHS, False
        if year is None:
            continue
        mean += month_mean
        values = values_at(placed, quantiles=month_quantiles)
        sums = [so_far + value for so_far, value in zip(sums, values, strict=True)]
        yield Total(number, mean, tuple(max(value, published) for value in quantiles_of(sums)), estimated)


def in_basis(
    months: Sequence[Month], *, basis: str, stated: Mapping[tuple[int, int], Sequence[Stated]]
) -> list[Observation]:
    """Known figures in a basis.

    Args:
        months: of one series, in order; some may be missing.
        basis: one of BASES.
        stated: sums as stated, by number of their first and last month.

    Returns:
        A figure for each month; of sums, for each month whose January is known. A sum is the one stated where that
        agrees with its months to rounding; else the sum of its months, differenced if what was stated settles it.
    """
    if basis == MONTH:
        return [Observation(month.number, month.y, month.obtained, month.reports) for month in months]
    found: list[Observation] = []
    year: list[Month] = []
    for month in months:
        follows = bool(year) and year[-1].number + 1 == month.number
        year = [month] if month.number % 12 == 0 else [*year, month] if follows else []
        if year and (basis == YTD or month.number % 12 == FEBRUARY):
            found.append(_observed(year, stated=stated.get((year[0].number, month.number), ())))
    return found


def _observed(year: Sequence[Month], *, stated: Sequence[Stated]) -> Observation:
    value, number = sum(month.y for month in year), year[-1].number
    reports = tuple(dict.fromkeys(report for month in year for report in month.reports))
    for total in stated:
        # Each month may be rounded as the total is; a relative 1e-9 more, since sums of floats don't meet exactly.
        if abs(total.value - value) <= total.rounding * (1 + len(year)) + 1e-9 * abs(value):
            return Observation(number, total.value, REPORTED, tuple(dict.fromkeys((total.report_id, *reports))))
    return Observation(number, value, DIFFERENCED if _is_settled(year) else ESTIMATED, reports)


def _is_settled(months: Sequence[Month]) -> bool:
    """Whether what was stated settles the sum of months: each is known, or shared out from a sum that lies within."""
    if not months:
        return True
    first, last = months[0].number, months[-1].number
    return all(
        month.obtained != ESTIMATED or (month.block is not None and first <= month.block[0] and month.block[1] <= last)
        for month in months
    )
