"""Who issued what of a vintage."""

from dataclasses import replace

from tests.vintages import issue


def test_totals_apart_of_a_sector_that_is_carried_over_are_told_with_those_of_the_run() -> None:
    kept = replace(issue("old"), apart={"ev.sales.World": "a", "solar.exports.World": "b"})

    fresh = replace(issue("new"), apart={"battery.production.CN": "c"}, carried={"solar": kept})

    assert fresh.all_apart() == {"battery.production.CN": "c", "solar.exports.World": "b"}
