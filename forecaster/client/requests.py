"""What can be asked of the service: every method of both clients, as conversations that know no network.

Bad arguments are told by the service, which knows what it holds: ServiceRefused, with its own words. Where it failed or
can't be reached: ServiceUnavailable.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import polars as pl

from forecaster.client import conversations
from forecaster.client.conversations import Batch
from forecaster.client.exchange import JSON, Ask, Conversation
from forecaster.domain.errors import BadParameter

FILTERS = ("sector", "measure", "region", "segment", "source", "q")
MEDIA = {
    ".csv": "text/csv",
    ".json": JSON,
    ".jsonl": "application/x-ndjson",
    ".ndjson": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Ending of a report file -> what the service is told it is."""

INGESTING = 1000.0
"""Seconds: the service says nothing until a release is taken in, and gives up after 900."""

Numbers = Collection[float]


def forecast(
    series_id: str,
    *,
    horizon: int = 12,
    levels: Numbers | None = None,
    quantiles: Numbers | None = None,
    basis: str = "month",
    as_of: str | None = None,
) -> Conversation[pl.DataFrame]:
    """The latest forecast of a series, or the one in service at an instant.

    Args:
        series_id: e.g. `ev.production.CN`.
        horizon: months ahead, at least 1.
        levels: intervals in percent; 80 and 95 by default.
        quantiles: in (0, 1), instead of intervals.
        basis: month, ytd or jan-feb.
        as_of: a day or an instant in UTC.

    Returns:
        One row a month: series_id, name, period, unit, basis, mean (in unit), lower_80, upper_80, … or q0.1, …, cutoff,
        vintage.
    """
    query = _shape(horizon=horizon, levels=levels, quantiles=quantiles, basis=basis)
    return conversations.table(
        f"/v1/forecasts/{conversations.quoted(series_id)}", query=_given({**query, "as_of": as_of})
    )


def forecasts(
    *,
    horizon: int = 12,
    levels: Numbers | None = None,
    quantiles: Numbers | None = None,
    basis: str = "month",
    **filters: str | None,
) -> Conversation[pl.DataFrame]:
    """The forecasts of every series that has one; rows as `forecast` gives them.

    Args:
        horizon: months ahead, at least 1.
        levels: intervals in percent; 80 and 95 by default.
        quantiles: in (0, 1), instead of intervals.
        basis: month, ytd or jan-feb.
        filters: sector, measure, region, segment, source; q for words.

    Raises:
        BadParameter: another name among the filters.
    """
    shape = _shape(horizon=horizon, levels=levels, quantiles=quantiles, basis=basis)
    return conversations.table("/v1/forecasts", query={**_filters(filters), **shape})


def batch(
    series_ids: Sequence[str],
    *,
    horizon: int = 12,
    levels: Numbers | None = None,
    quantiles: Numbers | None = None,
    basis: str = "month",
) -> Conversation[Batch]:
    """The forecasts of any number of series named, and a reason for each that has none."""
    lists = {"levels": levels, "quantiles": quantiles}
    uncertain = {name: list(asked) for name, asked in lists.items() if asked is not None}
    return conversations.batch(series_ids, body={"horizon": horizon, "basis": basis, **uncertain})


def observations(
    series_id: str, *, basis: str = "month", first: str | None = None, last: str | None = None, as_of: str | None = None
) -> Conversation[pl.DataFrame]:
    """The figures of a series from month `first` to month `last` (`YYYY-MM`), now or as known at an instant.

    Returns:
        One row a month: series_id, period, unit, basis, value, obtained, vintage.
    """
    query = {"basis": basis, "from": first, "to": last, "as_of": as_of}
    return conversations.table(f"/v1/series/{conversations.quoted(series_id)}/observations", query=_given(query))


def series(**filters: str | None) -> Conversation[pl.DataFrame]:
    """The series of a filter (sector, measure, region, segment, source, q) with their metadata.

    Raises:
        BadParameter: another name among the filters.
    """
    return conversations.series(query=_filters(filters))


def status() -> Conversation[Any]:
    """What is in service, how fresh it is, which releases are missing."""
    return conversations.plain(Ask("GET", "/v1/status"))


def accuracy(
    *, by: str = "horizon", against: str = "latest", sector: str | None = None, series_id: str | None = None
) -> Conversation[Any]:
    """How published forecasts turned out: by horizon, series or vintage, against the first or the latest figures."""
    query = {"by": by, "against": against, "sector": sector, "series": series_id}
    return conversations.plain(Ask("GET", "/v1/accuracy", _given(query)))


def ingest(file: Path) -> Conversation[Any]:
    """Take a release in; needs a key with the scope write. Repeating it changes nothing.

    Returns:
        How many rows are new, revised, repeated.

    Raises:
        BadParameter: an ending that tells no format.
    """
    media = MEDIA.get(file.suffix.lower())
    if media is None:
        raise BadParameter(name="file", what=f"{file} ends in none of {', '.join(MEDIA)}.")
    ask = Ask("POST", "/v1/observations", {}, {"content-type": media}, file.read_bytes(), patience=INGESTING, once=True)
    return conversations.plain(ask)


def retrain(
    *,
    experiment: str = "production",
    sectors: Sequence[str] | None = None,
    as_of: str | None = None,
    key: str | None = None,
) -> Conversation[Any]:
    """Start a job; needs a key with the scope operate. The same `key` gives the same job."""
    content = orjson.dumps({"experiment": experiment, "sectors": sectors and list(sectors), "as_of": as_of})
    # A key of its own lets a lost answer be asked for again without a second job.
    headers = {"content-type": JSON, "idempotency-key": key or str(uuid4())}
    return conversations.plain(Ask("POST", "/v1/jobs", {}, headers, content))


def job(job_id: str) -> Conversation[Any]:
    """How a job stands."""
    return conversations.plain(Ask("GET", f"/v1/jobs/{conversations.quoted(job_id)}"))


def _shape(*, horizon: int, levels: Numbers | None, quantiles: Numbers | None, basis: str) -> dict[str, str]:
    lists = {"levels": levels, "quantiles": quantiles}
    numbers = {name: ",".join(f"{one:g}" for one in asked) for name, asked in lists.items() if asked is not None}
    return {"horizon": str(horizon), "basis": basis, **numbers}


def _filters(filters: Mapping[str, str | None]) -> dict[str, str]:
    for name in filters:
        if name not in FILTERS:
            raise BadParameter(name=name, what=f"is no filter; there are {', '.join(FILTERS)}.")
    return _given(filters)


def _given(query: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in query.items() if value is not None}
