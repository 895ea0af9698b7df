"""The overview of sectors: figures out of the vintage, names out of the catalogue."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from forecaster.domain.catalogue import Catalogue, Measure, Sector, Source


def sector_bodies(series: pl.DataFrame, *, catalogue: Catalogue) -> list[dict[str, Any]]:
    """Sectors by key, each with its measures, sources, regions, counts and freshness.

    Args:
        series: the SERIES of a vintage.
        catalogue: gives the names; a key that it does not hold has none.
    """
    return [
        _sector(str(key), frame, catalogue=catalogue)
        for (key,), frame in series.sort("sector").group_by("sector", maintain_order=True)
    ]


def _sector(key: str, frame: pl.DataFrame, *, catalogue: Catalogue) -> dict[str, Any]:
    measures = frame.sort("measure").group_by("measure", maintain_order=True)
    sources = frame["source"].unique().sort()
    return {
        **_named(key, catalogue.sectors.get(key)),
        "measures": [
            {
                **_named(str(name), catalogue.measures.get((key, str(name)))),
                "units": rows["unit"].unique().sort().to_list(),
                **_counted(rows),
            }
            for (name,), rows in measures
        ],
        "sources": [_source(source, catalogue.sources) for source in sources],
        "regions": [_region(region, catalogue.regions) for region in frame["region"].unique().sort()],
        "stale": int(frame["stale"].sum()),
        **_counted(frame),
    }


def _counted(rows: pl.DataFrame) -> dict[str, Any]:
    last = rows["last_period"].max()
    return {
        "series": len(rows),
        "forecasts": int((rows["row_count"] > 0).sum()),
        "last_period": last.strftime("%Y-%m") if isinstance(last, date) else None,
        "last_release": rows["last_release"].max(),
    }


def _named(key: str, entry: Sector | Measure | Source | None) -> dict[str, Any]:
    return {"key": key, "name": entry.name if entry else None, "name_zh": entry.name_zh if entry else None}


def _source(key: str, sources: Mapping[str, Source]) -> dict[str, Any]:
    source = sources.get(key)
    return {**_named(key, source), "url": source.url if source else None}


def _region(code: str, regions: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    name, name_zh = regions.get(code, (None, None))
    return {"key": code, "name": name, "name_zh": name_zh}
