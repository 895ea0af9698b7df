"""Sums and breaks from their rules."""

from datetime import date

import pytest

from forecaster.domain.catalogue import Sum
from forecaster.domain.errors import BadCatalogue
from tests.catalogues import catalogue

BREAK = """
[[breaks]]
measure = "battery.production"
regions = ["CN"]
segments = ["", "lfp"]
since = 2023-08-01
factor = 1
reason = "storage counts too"
"""


def test_sums_run_by_region_and_by_segment() -> None:
    assert catalogue().sums == (
        Sum("battery.production.CN", ("battery.production.CN.lfp", "battery.production.CN.rest")),
        Sum("solar.exports.World.panels", ("solar.exports.DE.panels", "solar.exports.FR.panels")),
    )


def test_parents_and_children_know_each_other() -> None:
    declared = catalogue()

    assert declared.parents["solar.exports.DE.panels"] == ("solar.exports.World.panels",)
    assert declared.children["battery.production.CN"] == ("battery.production.CN.lfp", "battery.production.CN.rest")


def test_parts_named_in_without_stay_out_of_a_sum() -> None:
    more = """
    [[sums]]
    measure = "solar.exports"
    by = "region"
    whole = "World"
    parts = ["DE", "FR", "CN"]
    within = ["panels"]
    without = ["CN.panels", "FR.panels"]
    """

    assert catalogue(more).sums[-1].children == ("solar.exports.DE.panels",)


def test_a_break_concerns_every_series_that_it_lists() -> None:
    declared = catalogue(BREAK)

    (found,) = declared.breaks_of("battery.production.CN.lfp")

    assert found.series_ids == ("battery.production.CN", "battery.production.CN.lfp")
    assert (found.since, found.factor) == (date(2023, 8, 1), 1.0)
    assert declared.breaks_of("battery.production.CN.rest") == ()


def test_breaks_of_a_series_come_oldest_first_and_without_a_factor_nothing_is_linked() -> None:
    earlier = BREAK.replace("2023-08-01", "2019-01-01").replace("factor = 1\n", "")

    found = catalogue(BREAK + earlier).breaks_of("battery.production.CN")

    assert [one.since.year for one in found] == [2019, 2023]
    assert found[0].factor is None


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (BREAK.replace("08-01", "08-15"), "since must be the first of a month"),
        (BREAK.replace('"lfp"', '"lpf"'), r"battery\.production\.CN\.lpf is not declared; did you mean"),
        (BREAK.replace("2023-08-01", '"2023-08"'), "since: must be a date"),
    ],
)
def test_a_break_that_can_not_be_is_refused(more: str, complaint: str) -> None:
    with pytest.raises(BadCatalogue, match=complaint):
        catalogue(more)


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ('parts = ["GB"]\nby = "region"\nwhole = "World"', r"GB\.panels is not declared"),
        ('parts = ["World"]\nby = "region"\nwhole = "World"', "is part of itself"),
        ('parts = ["DE"]\nby = "country"', "by must be 'region' or 'segment'"),
    ],
)
def test_a_sum_that_can_not_be_is_refused(parts: str, complaint: str) -> None:
    with pytest.raises(BadCatalogue, match=complaint):
        catalogue(f'[[sums]]\nmeasure = "solar.exports"\nwithin = ["panels"]\n{parts}\n')


def test_a_derived_series_needs_its_sum() -> None:
    family = '[[series]]\nmeasure = "ev.production"\nregions = ["DE"]\nsources = ["club"]\n'

    with pytest.raises(BadCatalogue, match="derived as a sum, but no"):
        catalogue(family + 'derived = "sum"\n')
    with pytest.raises(BadCatalogue, match="must be part of one sum"):
        catalogue(family + 'derived = "remainder"\n')
