"""The catalogue from its declaration."""

import tomllib

import pytest

from forecaster.domain.declaration import parse_catalogue
from forecaster.domain.errors import BadCatalogue, UnknownSeries
from tests.catalogues import DECLARED, catalogue


def test_the_first_source_of_a_family_has_the_plain_id_and_the_others_follow_it() -> None:
    declared = catalogue()

    assert declared.find("ev.production.CN").source == "nbs"
    assert declared.find("ev.production.CN").leading
    assert declared.find("ev.production.CN@club").source == "club"
    assert not declared.find("ev.production.CN@club").leading


def test_a_family_is_spelt_out_over_its_regions_segments_and_sources() -> None:
    ids = [key for key in catalogue().series if key.startswith("solar")]

    assert ids == ["solar.exports.DE.panels", "solar.exports.FR.panels", "solar.exports.World.panels"]


def test_names_are_made_of_measure_segment_and_region_in_both_languages() -> None:
    found = catalogue().find("battery.production.CN.lfp")

    assert found.name == "Battery output, LFP, China"
    assert found.name_zh == "产量，磷酸铁锂，中国"


def test_only_the_leading_series_of_a_derived_family_is_derived() -> None:
    more = """
    [[series]]
    measure = "solar.exports"
    regions = ["World"]
    sources = ["nbs", "club"]
    derived = "sum"
    [[sums]]
    measure = "solar.exports"
    by = "segment"
    parts = ["panels"]
    within = ["World"]
    """

    declared = catalogue(more)

    assert declared.find("solar.exports.World").derived == "sum"
    assert declared.find("solar.exports.World@club").derived is None


def test_units_of_one_dimension_convert_and_others_do_not() -> None:
    declared = catalogue()

    assert declared.factor("10k vehicles", to="vehicles") == 10_000
    with pytest.raises(BadCatalogue, match="can't become"):
        declared.factor("GWh", to="vehicles")
    with pytest.raises(BadCatalogue, match="unknown"):
        declared.factor("dozens", to="vehicles")


def test_an_unknown_series_is_answered_with_its_nearest() -> None:
    with pytest.raises(UnknownSeries, match=r"Did you mean ev\.production\.CN"):
        catalogue().find("ev.prodction.CN")


def test_aliases_say_how_files_write_a_measure() -> None:
    declared = catalogue('[aliases]\n"battery.production_lfp" = { measure = "production", segment = "lfp" }\n')

    assert declared.aliases["battery", "production_lfp"].segment == "lfp"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            ('kind = "stock"', 'kind = "stok"'),
            "measures.battery.capacity, kind: 'stok' is unknown; did you mean 'stock'",
        ),
        (('unit = "MW"', 'unit = "GW"'), "measures.solar.exports, unit: 'GW' is unknown"),
        (('missing_month = "no-trade"', 'missing_month = "none"'), "missing_month: 'none' is unknown"),
        (("release_lag_days = 16", 'release_lag_days = "16"'), "release_lag_days: must be a whole number"),
        (("release_lag_days = 16", "release_lag_days = -1"), "release_lag_days must be 0 or more"),
        (("release_lag_days = 16\n", ""), "'release_lag_days' is missing"),
        (("release_lag_days", "release_lag"), "unknown key 'release_lag'; did you mean 'release_lag_days'"),
        (("factor = 10_000", "factor = 0"), "factor must be above 0"),
        (('publishes = ["month", "ytd"]', 'publishes = ["monthly"]'), "'monthly' is unknown; did you mean 'month'"),
        (('CN = ["China", "中国"]', 'CN = "China"'), "regions.CN: must be an English and a Chinese name"),
        (('sources = ["nbs", "club"]', 'sources = ["nba"]'), "'nba' is unknown; did you mean 'nbs'"),
        (('regions = ["DE", "FR"]', 'regions = ["DE", "GB"]'), "'GB' is unknown"),
        (('segments = ["", "lfp"]', 'segments = ["", "lfq"]'), "'lfq' is unknown; did you mean 'lfp'"),
        (('sources = ["nbs", "club"]', "sources = []"), "sources must name at least one"),
        (('segments = ["rest"]', 'segments = ["lfp"]'), "battery.production.CN.lfp is declared twice"),
        (('derived = "sum"', 'derived = "summ"'), "'summ' is unknown; did you mean 'sum'"),
        (("[[sums]]", "[[sum]]"), "unknown table 'sum'; did you mean 'sums'"),
        (("[sectors.solar]", "[sectors.sun]"), "'solar' is unknown"),
    ],
)
def test_a_slip_is_refused_with_its_place_and_the_nearest_name(change: tuple[str, str], complaint: str) -> None:
    slipped = DECLARED.replace(*change)

    with pytest.raises(BadCatalogue) as caught:
        parse_catalogue(tomllib.loads(slipped))

    assert complaint in str(caught.value)


def test_an_alias_of_no_measure_is_refused() -> None:
    with pytest.raises(BadCatalogue, match=r"battery\.output is no measure"):
        catalogue('[aliases]\n"battery.out" = { measure = "output" }\n')


def test_what_must_be_a_table_is_refused_as_anything_else() -> None:
    with pytest.raises(BadCatalogue, match="'units' must be a table"):
        parse_catalogue({"units": 3})
    with pytest.raises(BadCatalogue, match="sectors: 'ev' must be a table"):
        parse_catalogue({"sectors": {"ev": "Electric vehicles"}})
    with pytest.raises(BadCatalogue, match=r"series: must be tables, each under \[\[series\]\]"):
        parse_catalogue({"series": {"measure": "ev.production"}})
