"""The champion's method, tried again on what a run knows: today's panel, the run's folds."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from forecaster.domain.catalogue import Catalogue
from forecaster.domain.comparison import AGAIN, RECORDED, SAME, Comparison, compare
from forecaster.domain.errors import BadExperiment, NothingToForecast
from forecaster.domain.experiment import Candidate, Experiment
from forecaster.domain.folds import fold_numbers, last_cutoffs
from forecaster.domain.method import method_of, on_terms_of, same_method
from forecaster.domain.panel import SECTOR
from forecaster.domain.ports import Engine, Progress
from forecaster.domain.progress import Said, behind
from forecaster.domain.steps import COMPARISON
from forecaster.domain.summary import by_fold
from forecaster.domain.vintage import Issue, Vintage
from forecaster.fitting import backtested

THEN = "its backtest of then is compared with, on the figures of then"


@dataclass(frozen=True, slots=True)
class Course:
    """What a run rests on, and what the champion's method is tried on."""

    panel: pl.DataFrame  # PANEL columns of the series that the run forecasts
    around: pl.DataFrame  # PANEL columns of every series
    experiment: Experiment
    catalogue: Catalogue
    code_version: str


@dataclass(frozen=True, slots=True)
class _Rival:
    """How the champion of one sector is known."""

    how: str  # SAME, AGAIN or RECORDED
    method: Experiment | None  # on the run's terms; None where it is not known
    note: str = ""


class Rematch:
    """Champions against one run; a method is backtested once, whoever asks."""

    def __init__(self, course: Course, *, engine: Engine, progress: Progress) -> None:
        self._course = course
        self._engine = engine
        self._progress = progress
        self._tried: list[tuple[Experiment, pl.DataFrame | NothingToForecast]] = []

    def prepare(self, champion: Issue) -> None:
        """Backtest what `against` will need, while nobody has to wait for it."""
        for _, rival in self._rivals(champion):
            self._able(rival)

    def against(self, champion: Vintage, challenger: pl.DataFrame) -> Comparison:
        """The run beside the champion, sector by sector.

        Args:
            champion: in service.
            challenger: unique_id, cutoff, mase of the run.
        """
        experiment = self._course.experiment
        rivals = {sector: self._able(rival) for sector, rival in self._rivals(champion.issue)}
        parts = [self._champion(sector, rival, champion, challenger) for sector, rival in rivals.items()]
        cutoffs = pl.concat([last_cutoffs(self._course.panel), challenger.select("unique_id", "cutoff")]).unique()
        notes: dict[str, list[str]] = {}
        for sector, rival in rivals.items():
            if rival.note:
                notes.setdefault(rival.note, []).append(sector)
        return compare(
            challenger,
            champion=pl.concat(parts),
            folds=fold_numbers(cutoffs, folds=experiment.folds),
            overlap=-(-experiment.horizon // experiment.folds.step),
            notes=tuple(f"{', '.join(sectors)}: {note}." for note, sectors in notes.items()),
            same_method=all(one.method is not None and same_method(one.method, experiment) for one in rivals.values()),
        )

    def _rivals(self, champion: Issue) -> Iterator[tuple[str, _Rival]]:
        for sector in self._course.panel.select(SECTOR.unique().sort()).to_series():
            yield sector, self._rival(champion.of(sector))

    def _rival(self, origin: Issue) -> _Rival:
        if not origin.method:
            return _Rival(RECORDED, None, f"{origin.vintage_id} does not hold its method; {THEN}")
        try:
            method = on_terms_of(method_of(origin.method, name=origin.experiment), run=self._course.experiment)
        except BadExperiment as error:
            why = f"{origin.vintage_id} holds a method that today's code does not take ({str(error).rstrip('.')})"
            return _Rival(RECORDED, None, f"{why}; {THEN}")
        if not same_method(method, self._course.experiment):
            return _Rival(AGAIN, method)
        if origin.code_version == self._course.code_version:
            return _Rival(SAME, method)
        code = f"{origin.code_version} to {self._course.code_version}"
        return _Rival(RECORDED, method, f"same method, but the code went from {code}; {THEN}")

    def _able(self, rival: _Rival) -> _Rival:
        """The rival itself, or as recorded where its method forecasts nothing of today's panel."""
        if rival.how != AGAIN or rival.method is None:
            return rival
        try:
            self._scores(rival.method)
        except NothingToForecast as error:
            return _Rival(RECORDED, rival.method, f"the champion's method failed ({error}); {THEN}")
        return rival

    def _champion(self, sector: str, rival: _Rival, champion: Vintage, challenger: pl.DataFrame) -> pl.DataFrame:
        scores = champion.scores
        if rival.how == SAME:
            scores = challenger
        elif rival.how == AGAIN and rival.method is not None:
            scores = self._scores(rival.method)
        columns = scores.select("unique_id", "cutoff", "mase", how=pl.lit(rival.how))
        return columns.filter(sector == SECTOR)

    def _scores(self, method: Experiment) -> pl.DataFrame:
        known = next((found for tried, found in self._tried if same_method(tried, method)), None)
        if known is None:
            known = self._tested(method)
            self._tried.append((method, known))
        if isinstance(known, NothingToForecast):
            raise known
        return known

    def _tested(self, method: Experiment) -> pl.DataFrame | NothingToForecast:
        """The scores of a method, or why it has none: that is kept too, so that it is tried but once."""
        course = self._course
        told = f"the champion's method, experiment {method.name}, on today's panel and the run's folds"
        self._progress(Said(told, step=COMPARISON))
        try:
            found = backtested(
                course.panel,
                around=course.around,
                experiment=method,
                engine=self._engine,
                catalogue=course.catalogue,
                progress=behind(self._progress, "champion, ", step=COMPARISON),
            )
        except NothingToForecast as error:
            return error
        return by_fold(found.blocks, scales=found.ground.scales)


def candidates_of(champion: Issue | None, *, run: Experiment) -> list[Candidate]:
    """Candidates of what is in service that a rematch will ask for: none of a sector that `run` itself made."""
    if champion is None:
        return []
    found: list[Candidate] = []
    for origin in (champion, *champion.carried.values()):
        try:
            method = method_of(origin.method, name=origin.experiment) if origin.method else None
        except BadExperiment:  # told by `Rematch`, which compares with what was recorded
            continue
        if method is not None and not same_method(method, run):
            found += method.candidates
    return found
