"""How a wish is met: what is asked, in how many requests, and what is made of the answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import quote

import orjson
import polars as pl

from forecaster.client.exchange import ARROW, JSON, Answer, Ask, Conversation, checked
from forecaster.domain.errors import ServiceUnavailable

MOST = 1000  # series a page, ids a batch: the service's own limit


@dataclass(frozen=True, slots=True)
class Batch:
    """Forecasts of the series that have one, and what the service says of each other."""

    forecasts: pl.DataFrame
    errors: Mapping[str, str]  # series_id -> why not


def batch(series_ids: Sequence[str], *, body: Mapping[str, Any]) -> Conversation[Batch]:
    """The forecasts of the series named, asked for by thousands."""
    items: list[Mapping[str, Any]] = []
    errors: dict[str, str] = {}
    for start in range(0, len(series_ids), MOST):
        content = orjson.dumps({**body, "series": list(series_ids[start : start + MOST])})
        headers = {"accept": JSON, "content-type": JSON}
        told = checked((yield Ask("POST", "/v1/forecasts:batch", {}, headers, content))).json()
        items += told["items"]
        errors |= {one["series_id"]: str(one["detail"]) for one in told["errors"]}
    return Batch(pl.DataFrame([row for item in items for row in _rows(item)], infer_schema_length=None), errors)


def series(*, query: Mapping[str, str]) -> Conversation[pl.DataFrame]:
    """The series of a filter, page by page."""
    items: list[Mapping[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = checked((yield Ask("GET", "/v1/series", {**query, "limit": str(MOST), **cursor}))).json()
        items += page["items"]
        if page["next_cursor"] is None:
            return pl.DataFrame(items, infer_schema_length=None)
        cursor = {"cursor": page["next_cursor"]}


def table(path: str, *, query: Mapping[str, str]) -> Conversation[pl.DataFrame]:
    """One request, whose answer is a table."""
    return _frame(checked((yield Ask("GET", path, query, {"accept": ARROW}))))


def plain(ask: Ask) -> Conversation[Any]:
    """One request, whose answer is plain values."""
    return checked((yield ask)).json()


def quoted(name: str) -> str:
    """A name as a part of an address."""
    return quote(name, safe="@:")


def _frame(answer: Answer) -> pl.DataFrame:
    media = answer.headers.get("content-type", "")
    if media != ARROW:
        raise ServiceUnavailable(status=answer.status, told=f"The answer is {media or 'untyped'} instead of {ARROW}.")
    return pl.read_ipc_stream(BytesIO(answer.body))


def _rows(item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A forecast in JSON -> a row a month, with the names that the other formats use."""
    head = {key: item[key] for key in ("series_id", "name")}
    tail = {"cutoff": item["cutoff"], "vintage": item["vintage"]["id"]}
    for point in item["points"]:
        bounds = {
            f"{end}_{level}": value
            for level, pair in point.get("intervals", {}).items()
            for end, value in zip(("lower", "upper"), pair, strict=True)
        }
        quantiles = {f"q{name}": value for name, value in point.get("quantiles", {}).items()}
        about = {"period": point["period"], "unit": item["unit"], "basis": item["basis"], "mean": point["mean"]}
        marked = {key: point[key] for key in ("includes_estimated",) if key in point}
        yield {**head, **about, **bounds, **quantiles, **tail, **marked}
