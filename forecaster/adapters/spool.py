"""Frames kept on disk until all of a file is known to be sound."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from forecaster.adapters.store_faults import reaching


def spooled(parts: Iterable[pl.DataFrame], *, folder: Path) -> pl.LazyFrame:
    """The parts as one frame that is read from disk as needed.

    Args:
        parts: of one schema, at least one.
        folder: empty, and kept as long as the frame is.

    Raises:
        PlaceUnusable: it is full, or can't be written.
    """
    files = []
    for number, part in enumerate(parts):
        file = folder / f"{number:06}.parquet"
        with reaching(f"The folder of temporary files, {folder.parent},", elsewhere="TMPDIR"):
            part.write_parquet(file, compression="lz4")
        files.append(file)
    return pl.scan_parquet(files)
