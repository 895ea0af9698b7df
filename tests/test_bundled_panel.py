"""The panel of the bundled figures, checked by hand against how they were published."""

from datetime import date

import polars as pl
import pytest

from forecaster.adapters.bundled_reports import bundled_reports
from forecaster.adapters.catalogue_file import load_catalogue
from forecaster.domain.catalogue import Catalogue
from forecaster.domain.conventions import Built, build_panel
from forecaster.domain.derived import with_derived
from forecaster.settings import load_settings


@pytest.fixture(scope="module")
def declared() -> Catalogue:
    return load_catalogue(load_settings({}).catalogue_file)


@pytest.fixture(scope="module")
def built(declared: Catalogue) -> Built:
    return build_panel(bundled_reports(), catalogue=declared)


def month(built: Built, series_id: str, text: str) -> dict[str, object]:
    day = date.fromisoformat(f"{text}-01")
    return built.panel.row(by_predicate=(pl.col("unique_id") == series_id) & (pl.col("ds") == day), named=True)


def faults(built: Built, series_id: str, end: str) -> list[tuple[object, ...]]:
    day = date.fromisoformat(f"{end}-01")
    held = built.contradictions.filter((pl.col("series_id") == series_id) & (pl.col("period_end") == day))
    return held.select("what", "stated", "other").rows()


def test_vehicles_of_december_2023_are_taken_as_stated_and_the_difference_is_a_contradiction(built: Built) -> None:
    assert month(built, "ev.production.CN", "2023-12")["y"] == 1_141_000
    assert faults(built, "ev.production.CN", "2023-12") == [
        ("differs from what other figures settle", 1_141_000, 1_394_000)
    ]


def test_the_solar_total_that_falls_in_june_2020_costs_may_and_june_alone(built: Built) -> None:
    assert faults(built, "solar.production.CN", "2020-05") == [("a total that falls", 85.385, 38.781)]
    may, june = (month(built, "solar.production.CN", text) for text in ("2020-05", "2020-06"))
    assert float(str(may["y"])) + float(str(june["y"])) == pytest.approx(67.435 - 38.781)
    assert {may["obtained"], june["obtained"]} == {"estimated"}
    assert month(built, "solar.production.CN", "2020-07")["y"] == pytest.approx(80.955 - 67.435)


def test_the_bureau_states_january_and_february_as_one_and_the_association_apart(built: Built) -> None:
    bureau = [month(built, "ev.production.CN", text) for text in ("2024-01", "2024-02")]
    association = [month(built, "ev.production.CN@caam", text) for text in ("2024-01", "2024-02")]

    assert [row["obtained"] for row in bureau] == ["estimated", "estimated"]
    assert sum(float(str(row["y"])) for row in bureau) == pytest.approx(1_189_000)
    assert [(row["y"], row["obtained"]) for row in association] == [(787_000, "reported"), (464_000, "reported")]


def test_batteries_of_october_2022_as_stated_move_no_other_month(built: Built) -> None:
    assert month(built, "battery.production.CN", "2022-10")["y"] == 62.8
    ((_, stated, other),) = faults(built, "battery.production.CN", "2022-10")
    assert (stated, other) == (62.8, pytest.approx(53.8, abs=0.05))
    assert month(built, "battery.production.CN", "2022-11")["y"] == pytest.approx(489.171 - 425.9237)


def test_totals_of_the_two_battery_scopes_are_not_differenced(built: Built) -> None:
    august = month(built, "battery.production.CN", "2023-08")

    assert (august["obtained"], august["block_start"]) == ("estimated", None)
    assert month(built, "battery.production.CN", "2023-09")["y"] == pytest.approx(533.7 - 456.2463)


def test_of_the_two_totals_of_march_2019_the_one_that_the_rest_bears_out_is_taken(built: Built) -> None:
    assert ("another figure for the same months", 263_234, 298_914) in faults(built, "ev.sales.CN", "2019-03")
    assert month(built, "ev.sales.CN", "2019-03")["y"] == 113_558


def test_the_world_is_the_sum_of_its_regions_and_they_of_their_destinations(built: Built, declared: Catalogue) -> None:
    panel = with_derived(built.panel, catalogue=declared)
    wide = {key: group.select("ds", "y") for (key,), group in panel.group_by("unique_id")}

    for declared_sum in declared.sums:
        whole = wide[declared_sum.parent]
        parts = pl.concat([wide[child] for child in declared_sum.children]).group_by("ds").agg(pl.col("y").sum())
        both = whole.join(parts, on="ds", suffix="_parts")
        assert both.height > 0
        if declared_sum.parent.startswith("solar"):
            assert (both["y"] - both["y_parts"]).abs().max() == pytest.approx(0.0, abs=1e-6)
