"""Answers of fits put together as they come, and what is said meanwhile: how far they are, and what failed."""

from collections import Counter
from collections.abc import Iterable, Sequence

import polars as pl

from forecaster.adapters.statsforecast_fits import POINTS, Answer
from forecaster.domain.experiment import Candidate
from forecaster.domain.ports import Outcome, Predictions, Progress
from forecaster.domain.progress import Said, failure, series_of

MOST_TOLD = 200  # series with failures


def gathered(
    answers: Iterable[Answer], *, candidates: Sequence[Candidate], cutoffs: pl.DataFrame, progress: Progress
) -> Predictions:
    """Answers as one: sorted, seconds added up; every tenth of the cutoffs is told, and each failure."""
    points: list[pl.DataFrame] = [pl.DataFrame(schema=POINTS)]
    failed: list[Outcome] = []
    seconds = dict.fromkeys((candidate.name for candidate in candidates), 0.0)
    counting, failures = _Counting(cutoffs), Failures(progress)
    for answer in answers:
        points.append(answer.points)
        failed += answer.failed
        for name, spent in answer.cpu_seconds.items():
            seconds[name] += spent
        failures.tell(answer.failed)
        if counting.is_news(answer.fits):
            progress(counting.told(f"{sum(seconds.values()):,.0f} s of CPU"))
    whole = pl.concat(points).sort("unique_id", "cutoff", "model", "ds")
    return Predictions(whole, tuple(sorted(failed)), seconds)


class _Counting:
    """How far the fits of some cutoffs are, and how many series are through."""

    def __init__(self, cutoffs: pl.DataFrame) -> None:
        self._count, self._done, self._tenths = cutoffs.height, 0, 0
        self._left = Counter(series_of(key) for key in cutoffs["unique_id"])
        self._series = len(self._left)

    def is_news(self, fits: pl.DataFrame) -> bool:
        """Whether these complete a further tenth."""
        self._left -= Counter(series_of(key) for key in fits["unique_id"])  # whoever comes to 0 is taken out
        self._done += fits.height
        before, self._tenths = self._tenths, self._done * 10 // self._count
        return self._tenths > before

    def told(self, besides: str) -> Said:
        """The line about it."""
        line = f"{self._done:,} of {self._count:,} cutoffs, {besides}"
        return Said(line, done=self._series - len(self._left), total=self._series)


class Failures:
    """Tells each series and model that failed once, some hundred series at most: a run tells all at its end."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._told: set[tuple[str, str]] = set()
        self._lines = 0

    def tell(self, failed: Iterable[Outcome]) -> None:
        """Tell what is new of these."""
        new: dict[str, dict[str, str]] = {}
        for outcome in sorted(failed):
            if (outcome.unique_id, outcome.model) not in self._told:
                new.setdefault(outcome.unique_id, {})[outcome.model] = f"from {outcome.cutoff:%Y-%m}: {outcome.reason}"
        for key, reasons in new.items():
            self._told |= {(key, model) for model in reasons}
            if self._lines < MOST_TOLD:
                self._lines += 1
                self._progress(failure(key, reasons=reasons))
