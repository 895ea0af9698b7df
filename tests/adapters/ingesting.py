"""A process that takes releases in until it is told to end, or is killed.

Arguments: the address of the store, a name for its releases, how many; it begins when a line comes in, and says
each release that it was told is stored.
"""

import sys
from datetime import UTC, datetime, timedelta

from forecaster.adapters.delta_reports import DeltaReports
from forecaster.releases import Release, sound, take_in
from tests.catalogues import catalogue
from tests.submissions import row, rows

SIZE = 36
"""Reports of each release."""

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)


def release(name: str) -> Release:
    """Three years of months, each with an address of its own."""
    months = [f"{2023 + at // 12}-{1 + at % 12:02}" for at in range(SIZE)]
    lines = [row(period_start=text, period_end=text, url=f"https://bureau.example/{name}") for text in months]
    return Release(name, [rows(*lines)])


def main() -> None:
    """Take the releases in, one after the other."""
    address, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    store, declared = DeltaReports(address), catalogue()
    first = sound(release(f"{name}-0"), catalogue=declared, now=NOW)
    take_in(first, store=store, catalogue=declared, now=NOW, dry_run=True)  # everything that loads late is loaded
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(count):
        known = sound(release(f"{name}-{number}"), catalogue=declared, now=NOW)
        at = NOW + timedelta(seconds=number)
        taken = take_in(known, store=store, catalogue=declared, now=at)
        print(taken.release_id, flush=True)


if __name__ == "__main__":
    main()
