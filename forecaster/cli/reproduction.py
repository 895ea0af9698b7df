"""`sectorcast retrain --reproduce`: a recorded run again, compared number by number."""

from collections.abc import Mapping
from dataclasses import asdict

import typer

from forecaster.cli import output, wiring
from forecaster.domain.reproduction import Difference
from forecaster.settings import load_settings

SHOWN = 5


def again(run_id: str, *, as_json: bool) -> None:
    """Run it again and say how far the forecasts differ; exit code 1 where they do.

    Raises:
        UnknownRun: MLflow has none of that id.
        NotReproducible: its record, or the report store, lacks what that needs.
    """
    from forecaster.adapters.code_version import code_version
    from forecaster.adapters.environment import environment
    from forecaster.adapters.recorded_runs import RecordedRuns
    from forecaster.adapters.statsforecast_engine import statsforecast_engine
    from forecaster.reproducing import reproduce

    settings = load_settings()
    recorded = RecordedRuns(wiring.mlflow(settings)).find(run_id)
    then = {"code_version": recorded.code_version, **recorded.environment}
    now = {"code_version": code_version(), **environment(workers=settings.workers)}
    changed = {name: (then[name], now.get(name, "none")) for name in then if then[name] != now.get(name)}
    for name, (was, has) in changed.items():
        output.progress(f"{name} was {was}, is {has}: numbers may differ for that reason.")
    store = wiring.report_store(settings)
    with statsforecast_engine(workers=settings.workers) as engine:
        found = reproduce(recorded, reports=store, engine=engine, progress=output.progress)
    if as_json:
        output.show_json({"run_id": run_id, "same": found.is_none, **asdict(found), "changed": changed})
    else:
        print(told(found, changed=changed))
    if not found.is_none:
        raise typer.Exit(1)


def told(found: Difference, *, changed: Mapping[str, tuple[str, str]]) -> str:
    """What is said of a comparison, with what else has changed since."""
    if found.is_none:
        return f"The same: {found.numbers:,} numbers of {found.series} series, to the last bit."
    lines = [f"{found.differing:,} of {found.numbers:,} numbers differ."]
    if found.worst is not None:
        at = f"{found.worst.series_id}, {found.worst.period}, {found.worst.column}"
        lines.append(
            f"Most: {found.largest:.2g} of its size, {at}: {found.worst.then!r} then, {found.worst.now!r} now."
        )
    for series, what in ((found.only_then, "forecast only then"), (found.only_now, "forecast only now")):
        if series:
            more = f" and {len(series) - SHOWN} more" if len(series) > SHOWN else ""
            lines.append(f"{what}: {', '.join(series[:SHOWN])}{more}.")
    reasons = f"Changed since: {', '.join(changed)}." if changed else "Neither code nor environment has changed."
    return " ".join([*lines, reasons])
