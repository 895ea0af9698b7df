"""Where frames that are too many to hold at once are kept aside until they are wanted again."""

from collections.abc import Callable, Iterator
from typing import Protocol

import polars as pl


class Shelf(Protocol):
    """Keeps frames of one schema, in the order in which they were put there."""

    def put(self, frame: pl.DataFrame) -> None:
        """Add one."""

    def parts(self) -> Iterator[pl.DataFrame]:
        """Each frame as it was put."""

    def all(self) -> pl.LazyFrame:
        """All of them as one; needs at least one."""


Shelves = Callable[[str], Shelf]
"""An empty shelf of that name."""


class HeldShelf:
    """Holds them in memory: for panels that are small, or are held anyway."""

    def __init__(self) -> None:
        self._frames: list[pl.DataFrame] = []

    def put(self, frame: pl.DataFrame) -> None:
        """Add one."""
        self._frames.append(frame)

    def parts(self) -> Iterator[pl.DataFrame]:
        """Each frame as it was put."""
        yield from self._frames

    def all(self) -> pl.LazyFrame:
        """All of them as one."""
        return pl.concat(self._frames).lazy()
