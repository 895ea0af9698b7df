"""What drives a series, spelt out from the declared rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forecaster.domain.catalogue import FLOW, WORKING_DAYS, Driver, Series
from forecaster.domain.declared import build, must_be_known
from forecaster.domain.errors import BadCatalogue

LONGEST_LAG = 120
"""Months; more is a slip."""


@dataclass(frozen=True, slots=True)
class _DriverRule:
    """[[drivers]]: each of `series` may be forecast as its ratio to `by`, `lag` months before."""

    series: tuple[str, ...]
    by: str
    lag: int = 0


def spell_drivers(entries: list[Mapping[str, Any]], *, series: Mapping[str, Series]) -> tuple[Driver, ...]:
    """Every series with what drives it.

    Args:
        entries: the declared rules.
        series: all series by id.

    Raises:
        BadCatalogue: a rule names a series that is not declared, lags below 0, has a series drive itself, or counts the
            working days of a level; or the same driver is declared twice.
    """
    found: list[Driver] = []
    for number, entry in enumerate(entries, start=1):
        where = f"drivers {number} ({entry.get('by')})"
        rule = build(_DriverRule, entry, where=where)
        for series_id in rule.series:
            driver = Driver(series_id, rule.by, rule.lag)
            _check(driver, series=series, where=where)
            if any((one.series_id, one.by) == (series_id, rule.by) for one in found):
                raise BadCatalogue(where=where, what=f"{rule.by} drives {series_id} already.")
            found.append(driver)
    return tuple(found)


def _check(driver: Driver, *, series: Mapping[str, Series], where: str) -> None:
    must_be_known(driver.series_id, series, where=f"{where}, series")
    must_be_known(driver.by, {WORKING_DAYS: None, **series}, where=f"{where}, by")
    if not 0 <= driver.lag <= LONGEST_LAG:
        raise BadCatalogue(where=where, what=f"lag must be 0 to {LONGEST_LAG} months, not {driver.lag}.")
    if driver.by == driver.series_id:
        raise BadCatalogue(where=where, what=f"{driver.by} can't drive itself.")
    if driver.by == WORKING_DAYS:
        if series[driver.series_id].kind != FLOW:
            raise BadCatalogue(where=where, what=f"{driver.series_id} is a level, which no working day makes.")
        if driver.lag:
            raise BadCatalogue(where=where, what="working days have no lag.")
