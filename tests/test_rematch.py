"""The champion's method tried again, with the real engine on tiny data."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from forecaster.adapters.kept_vintages import KeptVintages
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.adapters.run_artifacts import write_artifacts
from forecaster.adapters.run_metrics import of_run
from forecaster.domain.experiment import Candidate, Experiment, Gate
from forecaster.domain.history import PUBLISHED, REFUSED
from forecaster.domain.ports import Engine
from forecaster.domain.vintage import Vintage
from forecaster.promoting import promote
from forecaster.rematch import candidates_of
from forecaster.training import Order, Ports, Result, run
from tests.catalogues import catalogue
from tests.running import EXPERIMENT, NOW, LogInMemory, ports

NAIVE = Candidate("flat", "Naive", {}, min_observations=13)
THETA = EXPERIMENT.candidates[1]
WORSE = replace(EXPERIMENT, name="worse", candidates=(replace(THETA, name="same_fit"), NAIVE))
DAY = timedelta(days=1)


class Trial:
    """Runs one after the other on one home."""

    def __init__(self, home: Path, real: Ports) -> None:
        self.log = LogInMemory()
        self.home, self.ports, self.told = home, replace(real, run_log=self.log), [""]
        self._at = NOW

    def run(self, experiment: Experiment, **changed: object) -> Result:
        self._at += DAY
        self.told.clear()
        order = Order(experiment, as_of=NOW, issued_at=self._at, code_version="c1", by="me@here")
        return run(
            replace(order, **changed),  # type: ignore[arg-type]  # fields of Order
            ports=self.ports,
            catalogue=catalogue(),
            progress=self.told.append,
        )

    @property
    def text(self) -> str:
        return "\n".join(self.told)

    @property
    def vintage(self) -> Vintage:
        found = self.ports.vintages.whole_in_service()
        assert found is not None
        return found

    @property
    def kept(self) -> KeptVintages:
        return KeptVintages(PublishedVintages(self.home / "vintages"))


@pytest.fixture(scope="module")
def trial(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    home = tmp_path_factory.mktemp("home")
    with ports(home, engine=engine) as real:
        found = Trial(home, real)
        assert found.run(EXPERIMENT).vintage_id
        yield found


def test_the_same_method_is_not_fitted_again_and_newer_figures_go_into_service(trial: Trial) -> None:
    result = trial.run(replace(EXPERIMENT, gate=Gate("better")))

    assert result.vintage_id is not None
    assert "nothing differs but the figures" in result.decision.reason
    assert set(result.decision.by_sector["how"]) == {"same method"}
    assert "the champion's method" not in trial.text
    assert "fitted already" not in trial.text


def test_a_worse_method_meets_the_champions_on_the_same_folds_and_stays_out(trial: Trial) -> None:
    before = trial.vintage

    result = trial.run(WORSE)

    table = result.decision.by_sector
    assert result.vintage_id is None
    assert set(table["how"]) == {"backtested again"}
    assert table["sector"].to_list() == ["ev", "solar", "all"]
    assert (table["difference"] > 0).all()
    # On the same figures, the champion's backtest comes to what it came to when it went into service.
    assert table["champion"][0] == pytest.approx(before.scores.filter(unique_id="ev.production.CN")["mase"].mean())
    assert trial.vintage.issue == before.issue


def test_fits_that_both_have_are_made_once(trial: Trial) -> None:
    trial.run(WORSE)

    assert "champion, ev: 1 of 3 candidates are fitted already" in trial.text


def test_the_table_stands_in_decision_and_metrics_and_the_refusal_in_the_history(trial: Trial, tmp_path: Path) -> None:
    result = trial.run(WORSE, job_id="job-7")
    write_artifacts(trial.log.records[-1], tmp_path)
    text = (tmp_path / "decision.md").read_text("utf-8")

    metrics = {name: value for name, value, _ in of_run(trial.log.records[-1]).metrics}

    last = trial.kept.events()[-1]
    assert metrics["all/against_champion.difference"] == result.decision.by_sector["difference"][-1]
    assert "| all | 4 | 3 |" in text
    assert "| backtested again |" in text
    assert "Diebold & Mariano" in text
    assert (last.cause.kind, last.cause.by) == (REFUSED, "job job-7")
    assert last.cause.reason == result.decision.reason


def test_a_challenger_that_was_refused_is_kept_and_can_be_promoted(trial: Trial) -> None:
    serving = trial.vintage.issue.vintage_id
    trial.run(WORSE)
    challenger = trial.kept.events()[-1].vintage_id

    promote(challenger, kept=trial.kept, aliases=None, by="me", waiting=lambda _: None)

    assert trial.vintage.issue.vintage_id == challenger
    promote(serving, kept=trial.kept, aliases=None, by="me", waiting=lambda _: None)


def test_other_code_with_the_same_method_is_compared_with_what_was_recorded(trial: Trial) -> None:
    result = trial.run(EXPERIMENT, code_version="c2")

    assert set(result.decision.by_sector["how"]) == {"recorded"}
    assert "ev, solar: same method, but the code went from c1 to c2" in result.decision.reason
    assert trial.run(EXPERIMENT, code_version="c1").vintage_id


def test_each_sector_meets_the_method_that_made_it(trial: Trial) -> None:
    trial.run(replace(WORSE, gate=Gate("always")), sectors=["ev"])

    result = trial.run(EXPERIMENT)

    table = result.decision.by_sector
    assert result.vintage_id is not None
    assert dict(table.select("sector", "how").rows()) == {
        "ev": "backtested again",
        "solar": "same method",
        "all": "backtested again, same method",
    }
    assert (table["difference"][0] < 0, table["difference"][1]) == (True, 0)


def test_the_history_says_by_whom(trial: Trial) -> None:
    first = trial.kept.events()[0]

    assert (first.cause.kind, first.cause.by, first.cause.model_version) == (PUBLISHED, "me@here", "1")


@pytest.mark.parametrize(("method", "told"), [("", "does not hold its method"), ("{}", "does not take")])
def test_a_vintage_whose_method_is_not_known_is_compared_as_recorded(trial: Trial, method: str, told: str) -> None:
    now = trial.vintage.issue
    manifest = trial.home / "vintages" / now.vintage_id / "manifest.json"
    content = manifest.read_bytes()
    changed = orjson.loads(content)
    changed["issue"]["method"] = method
    del changed["manifest_sha256"]  # as vintages of then have none
    manifest.unlink()  # it is read-only
    manifest.write_bytes(orjson.dumps(changed))
    try:
        result = trial.run(WORSE)
    finally:
        manifest.write_bytes(content)

    assert set(result.decision.by_sector["how"]) == {"recorded"}
    assert told in result.decision.reason


def test_only_candidates_of_another_method_are_worth_remembering(trial: Trial) -> None:
    now = trial.vintage.issue

    assert candidates_of(None, run=EXPERIMENT) == []
    assert candidates_of(now, run=EXPERIMENT) == []
    assert candidates_of(now, run=WORSE) == list(EXPERIMENT.candidates)
