"""A run that is concluded in a process of its own and stops while it is recorded, until a line is read."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.domain.comparison import COMPARED, Comparison
from forecaster.domain.experiment import Gate
from forecaster.domain.ports import Recorded
from forecaster.publishing import Terms, conclude
from tests.vintages import ranks_of, tiny_vintage

NOTHING_COMMON = Comparison(pl.DataFrame(schema=COMPARED), 0, (), same_method=False, same_numbers=False)


class SlowLog:
    """A run log that takes as long as its reader wants."""

    def record(self, run_id: str, record: Any) -> Recorded:
        """Stop here, between what was compared and what is published."""
        sys.stdin.readline()
        return Recorded(run_id, "1")

    def crown(self, recorded: Recorded, *, alias: str) -> None:
        """Aliases are of no interest here."""


def main(root: str, vintage_id: str, sector: str, level: str) -> None:
    """Conclude a run of one sector."""
    fresh = replace(tiny_vintage(vintage_id, level=float(level)), ranks=ranks_of(None, sector))
    conclude(
        replace(fresh, issue=replace(fresh.issue, run_id=vintage_id)),
        run_id=vintage_id,
        terms=Terms(Gate("always"), [sector], force=False, by="test"),
        compare=lambda champion: NOTHING_COMMON,
        record=lambda vintage, decision: None,  # type: ignore[arg-type,return-value]  # the log does not look at it
        run_log=SlowLog(),  # type: ignore[arg-type]  # what `conclude` needs of one
        vintages=PublishedVintages(Path(root)),
        progress=lambda line: print(line, flush=True),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
