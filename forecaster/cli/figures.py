"""`sectorcast ingest`, `series` and `catalogue check`: the figures that go in, and what is declared of them."""

from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.cli import output, told, wiring
from forecaster.cli.release_alerts import tell_of_release
from forecaster.cli.release_files import Said, forecasts_in_service, month, sound_file
from forecaster.domain.errors import JobsUnreachable, UnknownName
from forecaster.settings import load_settings

if TYPE_CHECKING:
    from forecaster.domain.catalogue import Series
    from forecaster.releases import Taken
    from forecaster.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="answer in JSON")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(ingest)
    app.command()(series)
    group = typer.Typer(help="What is declared.", no_args_is_help=True, rich_markup_mode=None)
    group.command("check")(check)
    group.callback()(_group)
    app.add_typer(group, name="catalogue")


def ingest(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="CSV, XLSX, Parquet or JSON; - is standard input")
    ],
    *,
    source: Annotated[str | None, typer.Option(help="who published it, for rows that don't say")] = None,
    released: Annotated[str | None, typer.Option(help="when, for rows that don't say: YYYY-MM-DD")] = None,
    layout: Annotated[str | None, typer.Option(help="how a printed table is laid out; else told by its header")] = None,
    period: Annotated[str | None, typer.Option(help="YYYY-MM, for a printed table that does not name it")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="check, and show what would change; store nothing")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take a release of official figures in: all its files, or nothing if any line of any of them is in error.

    The answer counts figures that are new, revised (a known span stated otherwise), repeated (stored already) and
    further (a known figure stated once more, alike, in another place).
    """
    from forecaster.releases import take_in

    settings = load_settings()
    catalogue, store, now = wiring.catalogue(settings), wiring.report_store(settings), wiring.now()
    forecasts = forecasts_in_service(settings)
    with ExitStack() as held:
        said = Said(source=source, released=released, layout=layout, period=month(period, name="--period"))
        found = [sound_file(file, said, catalogue=catalogue, now=now, held=held) for file in files]
        taken = take_in(*found, store=store, catalogue=catalogue, now=now, forecasts=forecasts, dry_run=dry_run)
    if not dry_run:
        tell_of_release(settings, taken, now=now)
    waiting = [] if dry_run else _told_of(taken, settings=settings)
    if as_json:
        about = {"dry_run": dry_run, "store": settings.reports_address, "schedules": waiting}
        output.show_json({**about, **told.as_json(taken)})
    else:
        told.show(taken, store=settings.reports_address, dry_run=dry_run)
        for name in waiting or ():
            print(f"schedule {name} waits for releases: it runs once they are gathered, for what changed")


def _told_of(taken: "Taken", *, settings: "Settings") -> list[str] | None:
    """The schedules that wait for it; None where they can't be told: the figures are in store all the same.

    A release that is repeated is told once more, since telling may have failed the first time.
    """
    try:
        return wiring.told_of(settings, taken.news)
    except JobsUnreachable as error:
        output.progress(f"{error} Schedules that wait for a release were not told: take the same release in again.")
        return None


def series(
    *,
    sector: Annotated[str | None, typer.Option(help="of one sector only")] = None,
    as_json: AsJson = False,
) -> None:
    """List the series, and what is known of each."""
    settings = load_settings()
    catalogue = wiring.catalogue(settings)
    if sector is not None and sector not in catalogue.sectors:
        raise UnknownName(name="--sector", value=sector, known=list(catalogue.sectors))
    counted = _counted(wiring.report_store(settings).read(as_of=wiring.now()))
    listed = [one for one in catalogue.series.values() if sector in (None, one.sector)]
    rows = [_described(one, counted.get(one.series_id, {})) for one in listed]
    if as_json:
        output.show_json(rows)
        return
    output.show_table(rows, columns=("series_id", "name", "unit", "source", "reports", "first", "last", "released"))


def check(*, as_json: AsJson = False) -> None:
    """Compare the catalogue with the reports in store; exit code 1 if the catalogue must be mended."""
    from forecaster.domain.consistency import ERROR, disagreements

    settings = load_settings()
    catalogue = wiring.catalogue(settings)
    reports = wiring.report_store(settings).read(as_of=wiring.now())
    found = disagreements(reports, catalogue=catalogue)
    silent = len({key for key, one in catalogue.series.items() if one.derived is None} - set(reports["series_id"]))
    if as_json:
        findings = [asdict(one) for one in found]
        output.show_json({"series": len(catalogue.series), "without_reports": silent, "findings": findings})
    else:
        output.show_table([asdict(one) for one in found], columns=("severity", "series_id", "what"))
        print(f"{len(catalogue.series)} series declared, {silent} of them without reports; {len(found)} findings.")
    if any(one.severity == ERROR for one in found):
        raise typer.Exit(1)


def _group() -> None:
    """Keeps `check` a subcommand, though it is the only one yet."""


def _counted(reports: Any) -> dict[str, dict[str, Any]]:
    import polars as pl

    latest = pl.col("period_end") == pl.col("period_end").max()
    found = reports.group_by("series_id").agg(
        reports=pl.len(),
        first=pl.col("period_start").min().dt.strftime("%Y-%m"),
        last=pl.col("period_end").max().dt.strftime("%Y-%m"),
        released=pl.col("released_at").filter(latest).max().dt.strftime("%Y-%m-%d"),
    )
    return {row["series_id"]: row for row in found.iter_rows(named=True)}


def _described(one: "Series", counted: dict[str, Any]) -> dict[str, Any]:
    return {
        "series_id": one.series_id,
        "name": one.name,
        "name_zh": one.name_zh,
        "unit": one.unit,
        "kind": one.kind,
        "source": one.source,
        "leading": one.leading,
        "derived": one.derived,
        "reports": counted.get("reports", 0),
        "first": counted.get("first"),
        "last": counted.get("last"),
        "released": counted.get("released"),
    }
