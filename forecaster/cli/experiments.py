"""`sectorcast experiment …`: try a question, and compare answers."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.cli import output, wiring
from forecaster.cli.runs import recorded_as
from forecaster.cli.stopping import stopped_by_signals
from forecaster.domain.errors import BadParameter
from forecaster.settings import Settings, load_settings

if TYPE_CHECKING:
    from forecaster.adapters.scored_runs import ScoredRun
    from forecaster.domain.side_by_side import SideBySide

AsJson = Annotated[bool, typer.Option("--json", help="answer in JSON")]
COLUMNS = ("sector", "series", "figures", "first", "second", "difference", "error", "better", "worse")
COST = ("cpu_seconds", "wall_seconds")
SHOWN = 20  # series that differ most, of each side; --json tells all


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    experiment = typer.Typer(no_args_is_help=True, help="Try an experiment without publishing; compare two.")
    experiment.command()(run)
    experiment.command()(compare)
    app.add_typer(experiment, name="experiment")


def run(
    name: Annotated[str, typer.Argument(help="of the experiment, or its folder, such as experiments/stock")],
    *,
    sectors: Annotated[str | None, typer.Option(help="only these, such as ev,solar")] = None,
    as_of: Annotated[str | None, typer.Option(help="only what was released by this day, YYYY-MM-DD")] = None,
    as_json: AsJson = False,
) -> None:
    """Train and record in MLflow, and put nothing in service."""
    from forecaster.training import run as train

    settings, own = _at(name)
    order = wiring.order(settings, wiring.experiment(settings, own), sectors=sectors, as_of=as_of)
    with stopped_by_signals(), wiring.training_ports(settings, experiment=order.experiment) as ports:
        result = train(
            replace(order, tried=True), ports=ports, catalogue=wiring.catalogue(settings), progress=output.progress
        )
    answer = {"run_id": result.run_id, "decision": result.decision.reason, "forecast": result.forecast}
    answer["recorded"] = result.recorded
    if as_json:
        output.show_json(answer)
        return
    print(f"{result.forecast} series forecast, nothing put in service. {result.decision.reason}")
    print(f"{recorded_as(result)} `sectorcast experiment compare production {own}` shows it beside production.")


def compare(
    first: Annotated[str, typer.Argument(help="experiment, whose latest run is taken, or a run id")],
    second: Annotated[str, typer.Argument(help="the same")],
    *,
    series: Annotated[bool, typer.Option("--series", help="also the series that differ most")] = False,
    as_json: AsJson = False,
) -> None:
    """Two runs side by side, on the figures that both forecast: mean MASE by sector, and the paired difference."""
    from forecaster.adapters.scored_runs import ScoredRuns
    from forecaster.domain.side_by_side import side_by_side

    settings = load_settings()
    runs = ScoredRuns(wiring.mlflow(settings))
    pair = (runs.find(Path(first).name), runs.find(Path(second).name))
    found = side_by_side(pair[0].backtest, pair[1].backtest)
    if as_json:
        output.show_json(_as_json(pair, found))
        return
    _show(pair, found, series=series)


def _at(name: str) -> tuple[Settings, str]:
    """Settings and name of an experiment: one of those in use, or a folder anywhere."""
    settings, folder = load_settings(), Path(name)
    if folder.name == name:
        return settings, name
    if not folder.is_dir():
        raise BadParameter(name="NAME", what=f"{name} is no folder; name an experiment, or the folder of one.")
    return load_settings(experiments=folder.absolute().parent), folder.absolute().name


def _differing(pair: "tuple[ScoredRun, ScoredRun]") -> dict[str, list[str]]:
    """Params that differ, and what else makes a comparison unfair."""
    left, right = pair
    params = {key: [left.params.get(key, ""), right.params.get(key, "")] for key in {**left.params, **right.params}}
    tags = {key: [left.tags.get(key, ""), right.tags.get(key, "")] for key in ("reports_digest", "code_version")}
    return {key: both for key, both in {**params, **tags}.items() if both[0] != both[1] and key != "name"}


def _as_json(pair: "tuple[ScoredRun, ScoredRun]", found: "SideBySide") -> dict[str, Any]:
    return {
        "runs": [one.run_id for one in pair],
        "sectors": found.sectors.to_dicts(),
        "series": found.series.to_dicts(),
        "differing": _differing(pair),
        **{key: [one.metrics.get(key) for one in pair] for key in COST},
    }


def _show(pair: "tuple[ScoredRun, ScoredRun]", found: "SideBySide", *, series: bool) -> None:
    output.show_table(found.sectors.to_dicts(), columns=COLUMNS)
    if series:
        differing = found.series.filter(found.series["difference"] != 0)
        ends = differing if differing.height <= 2 * SHOWN else differing[[*range(SHOWN), *range(-SHOWN, 0)]]
        output.show_table(ends.to_dicts(), columns=("unique_id", "figures", "first", "second", "difference"))
    for label, one in zip(("first", "second"), pair, strict=True):
        spent = one.metrics.get("cpu_seconds")
        print(
            f"{label}: {one.params.get('name', '')}, run {one.run_id}" + (f", {spent:,.0f} s of CPU" if spent else "")
        )
    for key, (left, right) in _differing(pair).items():
        print(f"{key}: {left or '—'} | {right or '—'}")
