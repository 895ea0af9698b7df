"""Frames kept aside in files of a folder, so that memory holds one at a time."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from forecaster.adapters.store_faults import reaching

ROWS = 20_000
"""Rows of a group: what is looked for by its first or last value is found without reading the other groups."""


class FileShelf:
    """Keeps each frame in a Parquet file; implements `domain.shelf.Shelf`."""

    def __init__(self, folder: Path, *, rows: int = ROWS) -> None:
        self._folder = folder
        self._rows = rows
        self._files: list[Path] = []

    def put(self, frame: pl.DataFrame) -> None:
        """Add one.

        Raises:
            PlaceUnusable: the folder is full, or can't be written.
        """
        file = self._folder / f"{len(self._files):06}.parquet"
        with reaching(f"The folder of temporary files, {self._folder.parent},", elsewhere="TMPDIR"):
            self._folder.mkdir(exist_ok=True)
            frame.write_parquet(file, compression="lz4", row_group_size=self._rows)
        self._files.append(file)

    def parts(self) -> Iterator[pl.DataFrame]:
        """Each frame as it was put."""
        yield from (pl.read_parquet(file) for file in self._files)

    def all(self) -> pl.LazyFrame:
        """All of them as one, read from the files as needed."""
        return pl.scan_parquet(self._files)
