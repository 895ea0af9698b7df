"""Which series a row means."""

import pytest

from forecaster.domain.errors import BadParameter, UnknownSeries
from forecaster.domain.resolution import Name, find_series, resolve
from tests.catalogues import catalogue
from tests.submissions import row, rows

ALIASES = """
[aliases]
"battery.production_lfp" = { measure = "production", segment = "lfp" }
"solar.exports_modules" = { measure = "exports", segment = "panels", region = "DE" }
"""


@pytest.mark.parametrize(
    ("name", "series_id"),
    [
        (Name("ev.production.CN"), "ev.production.CN"),
        (Name("ev.production.CN", source="NBS"), "ev.production.CN"),
        (Name("ev.production.CN", source="Club"), "ev.production.CN@club"),
        (Name("ev.production.CN@club", source="club"), "ev.production.CN@club"),
        (Name(sector="ev", measure="production", region="CN"), "ev.production.CN"),
        (Name(sector="EV", measure="Production", region="CN", source="CLUB"), "ev.production.CN@club"),
        (Name(sector="battery", measure="production", region="CN", segment="LFP"), "battery.production.CN.lfp"),
        (Name(sector="battery", measure="production_lfp", region="CN"), "battery.production.CN.lfp"),
        (Name(sector="solar", measure="exports_modules", region="CN"), "solar.exports.DE.panels"),
    ],
)
def test_a_row_names_its_series_by_id_or_by_parts(name: Name, series_id: str) -> None:
    assert find_series(name, catalogue=catalogue(ALIASES)).series_id == series_id


def test_a_series_that_is_derived_can_not_be_stated() -> None:
    with pytest.raises(BadParameter, match="is the sum of other series: state those"):
        find_series(Name("solar.exports.World.panels"), catalogue=catalogue())


def test_a_name_without_region_is_incomplete() -> None:
    with pytest.raises(BadParameter, match="needs series_id, or sector, measure and region; it has ev, production"):
        find_series(Name(sector="ev", measure="production"), catalogue=catalogue())


def test_a_source_that_does_not_state_the_series_is_unknown() -> None:
    with pytest.raises(UnknownSeries, match=r"battery\.production\.CN@nbs"):
        find_series(Name("battery.production.CN", source="nbs"), catalogue=catalogue())


def test_rows_keep_their_order_and_the_unknown_say_why() -> None:
    found = resolve(rows(row(series_id="nothing"), row(), row(source="club")), catalogue=catalogue())

    assert found["series_id"].to_list() == [None, "ev.production.CN", "ev.production.CN@club"]
    assert found["lag"].to_list() == [None, 16, 11]
    assert [bool(why) for why in found["unresolved"]] == [True, False, False]
