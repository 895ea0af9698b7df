"""The figures that come with the package."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from forecaster.adapters.bundled_reports import bundled_reports, load_bundled
from forecaster.adapters.catalogue_file import load_catalogue
from forecaster.adapters.delta_reports import DeltaReports
from forecaster.domain.consistency import ERROR, disagreements
from forecaster.domain.doubts import doubts_of
from forecaster.domain.reports import BASES, KEY, REPORTS
from forecaster.settings import load_settings
from tests.catalogues import catalogue

NOW = datetime(2026, 11, 24, tzinfo=UTC)
BUNDLED = load_catalogue(load_settings({}).catalogue_file)


def test_every_series_that_is_not_derived_has_figures_and_no_other_has() -> None:
    stated = set(bundled_reports()["series_id"])

    assert stated == {key for key, one in BUNDLED.series.items() if one.derived is None}


def test_every_figure_is_sound() -> None:
    found = bundled_reports()

    assert found.schema == REPORTS
    assert found["report_id"].n_unique() == found.height
    assert found["value"].is_finite().all()
    assert found.filter((pl.col("kind") == "value") & (pl.col("value") < 0)).is_empty()
    assert found.filter(pl.col("released_at").dt.date() < pl.col("period_end")).is_empty()
    assert set(found["basis"]) <= set(BASES)
    assert [one for one in disagreements(found, catalogue=BUNDLED) if one.severity == ERROR] == []


def test_the_contradictions_in_the_figures_are_listed_with_their_size() -> None:
    told = [(one.series_id, one.what) for one in disagreements(bundled_reports(), catalogue=BUNDLED)]

    assert (
        "battery.production.CN",
        "2022-10 to 2022-10: 62.8 against 53.8105 GWh (+16.7%): differs from what other figures settle",
    ) in told


def test_keys_of_two_values_and_the_doubts_in_the_figures_are_told() -> None:
    lined = bundled_reports().with_row_index("line").cast({"line": pl.Int64})

    found = doubts_of(lined, known=REPORTS.to_frame(), catalogue=BUNDLED)

    twice = [one.line for one in found if "for the same span" in one.what]
    others = [one.what for one in found if one.line not in twice]
    assert lined.filter(pl.col("line").is_in(twice)).select(KEY).n_unique() == 89
    assert "2023-12 is stated as 1,141,000, and its totals differ by 1,394,000." in others
    assert "the total to 2020-06, 67.435, is smaller than that to 2020-05, 85.385." in others
    assert "the total to 2016-10, 347,000, is smaller than that to 2016-09, 461,000." in others


def test_a_figure_without_an_address_says_where_it_was_found() -> None:
    found = bundled_reports().filter(pl.col("url").is_null())

    assert found.height == found["note"].count() == 2


def test_known_figures_stand_as_published() -> None:
    found = bundled_reports().filter(pl.col("kind") == "value")

    total = found.filter(
        pl.col("series_id") == "battery.production.CN",
        pl.col("basis") == "ytd",
        pl.col("period_end") == pl.date(2023, 12, 31),
    )
    panels = found.filter(
        pl.col("series_id").str.contains(r"^solar\.exports\.[^@]+\.panels$"),
        pl.col("period_end") == pl.date(2025, 9, 30),
    )

    assert 778.1 in total["value"].to_list()
    assert abs(panels["value"].sum() - 24_567.6) < 0.5


def test_loading_twice_stores_once(tmp_path: Path) -> None:
    store = DeltaReports(str(tmp_path / "reports"))

    first = load_bundled(store, catalogue=BUNDLED, now=NOW)
    again = load_bundled(store, catalogue=BUNDLED, now=NOW)

    assert first.new > 14_000
    assert (again.new, again.repeated) == (0, bundled_reports().height)
    assert store.read(as_of=NOW).height == bundled_reports().height


def test_another_catalogue_takes_only_the_series_that_it_declares(tmp_path: Path) -> None:
    store = DeltaReports(str(tmp_path / "reports"))

    load_bundled(store, catalogue=catalogue(), now=NOW)

    stored = set(store.read(as_of=NOW)["series_id"])
    assert stored == {
        "battery.production.CN",
        "battery.production.CN.lfp",
        "ev.production.CN",
        "solar.exports.DE.panels",
        "solar.exports.FR.panels",
    }
