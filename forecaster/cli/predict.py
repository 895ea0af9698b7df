"""`sectorcast predict`: forecasts for any panel of one's own."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli import output
from forecaster.cli.stopping import stopped_by_signals
from forecaster.domain.errors import BadParameter
from forecaster.domain.experiment import Candidate
from forecaster.domain.kinds import CONSTANT, INTERMITTENT, REGULAR
from forecaster.settings import load_settings

if TYPE_CHECKING:
    from forecaster.correcting import Correcting

PROFILES = ("fast", "standard", "best")


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(predict)


def predict(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet: unique_id, ds, y")],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="CSV or Parquet, by its ending")],
    horizon: Annotated[int, typer.Option(min=1, max=1000, help="periods ahead")],
    profile: Annotated[str, typer.Option(help="fast, standard or best")] = "fast",
    season: Annotated[int, typer.Option(min=1, max=366, help="periods a year")] = 12,
) -> None:
    """Forecast every series of a panel, without store, run or vintage."""
    import polars as pl

    from forecaster.adapters.file_shelves import FileShelf
    from forecaster.adapters.panel_files import panel_parts, write_panel
    from forecaster.adapters.statsforecast_engine import statsforecast_engine
    from forecaster.panel_points import Asked
    from forecaster.predicting import predict_in_parts

    if profile not in PROFILES:
        raise BadParameter(name="--profile", what=f"{profile!r} is none of {', '.join(PROFILES)}.")
    _check_out(out, file=file)
    models = tuple(candidates(profile, season=season))
    asked = Asked(models, combination(profile), horizon, season, correcting(profile, season=season))
    with (
        stopped_by_signals(),
        tempfile.TemporaryDirectory(prefix="sectorcast-") as folder,
        statsforecast_engine(workers=load_settings().workers) as engine,
    ):
        found = predict_in_parts(
            panel_parts(file),
            file=str(file),
            asked=asked,
            engine=engine,
            progress=output.progress,
            shelves=lambda name: FileShelf(Path(folder) / name),
        )
        write_panel(found, file=out)
        rows = found.select(pl.len()).collect().item()
    told = f"{rows // horizon:,} series, {horizon} periods each: {out}"
    print(told) if out.is_file() else output.progress(told)  # what reads a pipe wants forecasts alone


def _check_out(out: Path, *, file: Path) -> None:
    """Refuse a place that the forecasts could not, or should not, be written to, before any is made."""
    from forecaster.adapters.panel_files import ENDINGS, ending_of, is_device

    # A pipe or a terminal may have any name; so may what the shell put in place of one.
    any_name = is_device(out) or out.parts[:2] == ("/", "dev")
    for wrong, what in (
        (not out.absolute().parent.is_dir(), f"the folder {out.absolute().parent} is not there."),
        (out.is_dir(), f"{out} is a folder; name a file in it."),
        (out.resolve() == file.resolve(), f"{out} is the panel itself, which would be lost."),
        (not any_name and ending_of(out) not in ENDINGS, f"{out.name} ends in neither {' nor '.join(ENDINGS)}."),
    ):
        if wrong:
            raise BadParameter(name="--out", what=what)


def candidates(profile: str, *, season: int) -> list[Candidate]:
    """The models of a profile.

    Args:
        profile: fast (five seasonally adjusted), or standard and best (those and three with seasons); series that are
            short, constant or intermittent have models of their own in each.
        season: periods a year.
    """
    theta, dynamic, flat = "Theta", "DynamicOptimizedTheta", {"season_length": 1}
    few = min(max(season - 1, 7), 12)  # from a whole season on, adjusted models tell it
    damped = {"season_length": 1, "model": "AZN", "damped": True}
    found = [
        Candidate("adjusted_theta", theta, flat, adjusted="logs", season=season),
        Candidate("adjusted_dynamic_theta", dynamic, flat, adjusted="logs", season=season),
        Candidate("adjusted_ets", "AutoETS", damped, adjusted="logs", season=season),
        Candidate("adjusted_ces", "AutoCES", flat, adjusted="logs", season=season),
        Candidate("adjusted_dynamic_theta_levels", dynamic, flat, adjusted="levels", season=season),
    ]
    if profile != "fast":
        long = 2 * season + 1
        seasonal = {"season_length": season}
        found += [
            Candidate("auto_ets", "AutoETS", seasonal, min_observations=long),
            Candidate("auto_ces", "AutoCES", seasonal, min_observations=long),
            Candidate("auto_arima", "AutoARIMA", {**seasonal, "approximation": True}, min_observations=long),
        ]
    regular = (replace(one, kinds=(REGULAR,), min_observations=max(one.min_observations, few + 1)) for one in found)
    return [*regular, *_of_the_others(few)]


def _of_the_others(few: int) -> list[Candidate]:
    """The models of series that are short, constant or intermittent: the same in every profile.

    Args:
        few: periods up to which a series is short. Seasons that are not known yet look like trends: models with trends
            have up to twice the errors of the mean and the last figure (docs/decisions.md).
    """
    smoothed = {"alpha_d": 0.3, "alpha_p": 0.3}
    return [
        Candidate("mean_of_few", "HistoricAverage", {}, kinds=(REGULAR,), min_observations=1, max_observations=few),
        Candidate("last_of_few", "Naive", {}, kinds=(REGULAR,), min_observations=1, max_observations=few),
        Candidate("last_of_constant", "Naive", {}, kinds=(CONSTANT,), min_observations=1),
        *(
            Candidate(model.lower(), model, settings, kinds=(INTERMITTENT,), min_observations=1)
            for model, settings in (("ADIDA", {}), ("IMAPA", {}), ("TSB", smoothed))
        ),
    ]


def combination(profile: str) -> str:
    """How the models of a profile are combined: mean or median."""
    return "mean" if profile == "fast" else "median"


def correcting(profile: str, *, season: int) -> "Correcting | None":
    """What profile best corrects: the adjusted Theta, by trees grown over the panel; the others nothing."""
    if profile != "best":
        return None
    from forecaster.adapters.boosted_corrector import BoostedCorrector
    from forecaster.correcting import Correcting

    return Correcting(candidates(profile, season=season)[0], BoostedCorrector())
