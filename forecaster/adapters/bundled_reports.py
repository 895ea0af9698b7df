"""The figures that come with the package, for a store that is still empty."""

from datetime import datetime
from importlib.resources import files

import polars as pl

from forecaster.domain.catalogue import Catalogue
from forecaster.domain.ports import ReportStore, Stored
from forecaster.domain.reports import REPORTS, identified

PARTS = ("china_official", "car_sales", "solar_exports")


def bundled_reports() -> pl.DataFrame:
    """Every bundled report: the REPORTS columns, sorted within each part."""
    folder = files("forecaster") / "bundled"
    parts = [pl.read_parquet((folder / f"{part}.parquet").read_bytes()) for part in PARTS]
    plain = pl.concat([part.cast({name: kind for name, kind in REPORTS.items() if name in part}) for part in parts])
    return identified(plain)


def load_bundled(store: ReportStore, *, catalogue: Catalogue, now: datetime) -> Stored:
    """Take the bundled figures into a store.

    Args:
        store: any; figures that it has already are not stored again.
        catalogue: figures of series that it does not declare stay out.
        now: when they are taken in.

    Returns:
        What became of the rows.

    Raises:
        StoreConflict: other writers kept committing first.
    """
    known = bundled_reports().filter(pl.col("series_id").is_in(list(catalogue.series)))
    return store.append(known, ingested_at=now)
