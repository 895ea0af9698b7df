"""What adds up to what."""

import numpy as np

from forecaster.domain.catalogue import Sum
from forecaster.domain.hierarchy import hierarchies, structure, whole_sums
from tests.catalogues import catalogue

CROSSED = """
[[series]]
measure = "solar.exports"
regions = ["World"]
segments = [""]
sources = ["club"]
derived = "sum"
[[sums]]
measure = "solar.exports"
by = "segment"
parts = ["panels"]
within = ["World"]
"""
WORLD, PANELS = "solar.exports.World", "solar.exports.World.panels"
DE, FR = "solar.exports.DE.panels", "solar.exports.FR.panels"


def test_sums_that_share_a_member_are_one_hierarchy_and_others_are_apart() -> None:
    battery, solar = hierarchies(catalogue(CROSSED))

    assert battery.members == ("battery.production.CN", "battery.production.CN.lfp", "battery.production.CN.rest")
    assert solar.members == (DE, FR, WORLD, PANELS)
    assert [one.parent for one in solar.sums] == [PANELS, WORLD]


def test_a_level_is_the_longest_way_from_a_total_that_is_part_of_nothing() -> None:
    _, solar = hierarchies(catalogue(CROSSED))

    assert solar.levels == {WORLD: 0, PANELS: 1, DE: 2, FR: 2}


def test_a_sum_with_a_missing_part_is_left_out_and_the_others_stay() -> None:
    _, solar = hierarchies(catalogue(CROSSED))

    assert [one.parent for one in whole_sums(solar, present=[WORLD, PANELS, DE])] == [WORLD]


def test_totals_come_from_the_bottom_and_their_equations_from_their_parts() -> None:
    sums = (Sum("panels", ("de", "fr")), Sum("world", ("panels", "cells")))

    found = structure(sums, members=["world", "panels", "cells", "de", "fr"])

    assert found.equations.tolist() == [[0, 1, 0, -1, -1], [1, -1, -1, 0, 0]]
    assert (found.bottom @ np.array([0, 0, 5, 1, 2])).tolist() == [8, 3, 5, 1, 2]
    assert len(found.left) == 0


def test_a_known_total_says_something_of_its_parts() -> None:
    sums = (Sum("panels", ("de", "fr")), Sum("world", ("panels", "cells")))

    found = structure(sums, members=["world", "panels", "cells", "de", "fr"], known=["world"])

    assert found.left.tolist() == [[1, 0, -1, -1, -1]]
