"""`sectorcast ingest`, `series` and `catalogue check`: the figures that go in, and what is declared of them."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.cli import output, wiring
from forecaster.domain.errors import BadParameter, BadReportFile
from forecaster.settings import load_settings

if TYPE_CHECKING:
    from forecaster.domain.catalogue import Series
    from forecaster.releases import Release

AsJson = Annotated[bool, typer.Option("--json", help="answer in JSON")]

STDIN = "-"


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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check and count, store nothing")] = False,
    as_json: AsJson = False,
) -> None:
    """Take releases of official figures in. If any line of any file is in error, nothing is stored."""
    from forecaster.releases import reports_of, take_in

    settings = load_settings()
    catalogue, store, now = wiring.catalogue(settings), wiring.report_store(settings), wiring.now()
    releases = [_release(file, source=source, released=released) for file in files]
    for release in releases:
        reports_of(release, catalogue=catalogue, now=now)
    taken = [take_in(one, store=store, catalogue=catalogue, now=now, dry_run=dry_run) for one in releases]
    rows = [asdict(one) for one in taken]
    if as_json:
        output.show_json({"dry_run": dry_run, "releases": rows})
        return
    output.show_table(rows, columns=("file", "new", "revised", "repeated", "further"))
    if dry_run:
        print("Dry run: nothing was stored.")


def series(
    *,
    sector: Annotated[str | None, typer.Option(help="of one sector only")] = None,
    as_json: AsJson = False,
) -> None:
    """List the series, and what is known of each."""
    settings = load_settings()
    catalogue = wiring.catalogue(settings)
    if sector is not None and sector not in catalogue.sectors:
        what = f"{sector!r} is unknown; there are {', '.join(catalogue.sectors)}."
        raise BadParameter(name="--sector", what=what)
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


def _release(file: str, *, source: str | None, released: str | None) -> "Release":
    from forecaster.adapters.readers import read_rows
    from forecaster.releases import Release

    try:
        content = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
    except OSError as error:
        raise BadReportFile(file=file, what=f"can't be read: {error.strerror}.") from error
    name = "standard input" if file == STDIN else file
    return Release(name, read_rows(content, file=name), source=source, released=released)


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
