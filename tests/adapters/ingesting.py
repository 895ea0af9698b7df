"""Processes that take releases in until they are told to end, or are killed."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Self

from forecaster.adapters.delta_reports import DeltaReports
from forecaster.releases import Release, sound, take_in
from tests.catalogues import catalogue
from tests.forking import forked
from tests.submissions import row, rows

SIZE = 36
"""Reports of each release."""

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)


def release(name: str) -> Release:
    """Three years of months, each with an address of its own."""
    months = [f"{2023 + at // 12}-{1 + at % 12:02}" for at in range(SIZE)]
    lines = [row(period_start=text, period_end=text, url=f"https://bureau.example/{name}") for text in months]
    return Release(name, [rows(*lines)])


def take_in_all(address: str, name: str, count: int, told: Connection) -> None:
    """Take the releases in, one after the other, from when a line comes in; say each that is stored."""
    store, declared = DeltaReports(address), catalogue()
    first = sound(release(f"{name}-0"), catalogue=declared, now=NOW)
    take_in(first, store=store, catalogue=declared, now=NOW, dry_run=True)  # everything that loads late is loaded
    told.send("ready")
    told.recv()
    for number in range(count):
        known = sound(release(f"{name}-{number}"), catalogue=declared, now=NOW)
        at = NOW + timedelta(seconds=number)
        taken = take_in(known, store=store, catalogue=declared, now=at)
        told.send(taken.release_id)


class Ingesting:
    """A process that takes releases in within the block, once it is let begin; what is left of it is killed.

    Args:
        address: of the store.
        name: for its releases.
        count: how many.
    """

    def __init__(self, address: str, *, name: str, count: int) -> None:
        context = forked()
        self._told, other = context.Pipe()
        self.process = context.Process(target=take_in_all, args=(address, name, count, other), daemon=True)
        self.process.start()
        other.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.join()
        self._told.close()

    def begin(self) -> None:
        """Have it take in, as soon as it is ready."""
        assert self._told.poll(60)
        assert self._told.recv() == "ready"
        self._told.send("go")

    def acknowledged(self, *, count: int | None = None) -> list[str]:
        """The next releases that it says are stored: so many, or all that are left when it has ended."""
        if count is not None:
            return [self._told.recv() for _ in range(count)]
        self.process.join()
        found: list[str] = []
        with suppress(EOFError):
            while True:
                found.append(self._told.recv())
        return found
