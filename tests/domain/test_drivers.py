"""Drivers from their rules."""

import pytest

from forecaster.domain.catalogue import WORKING_DAYS, Driver
from forecaster.domain.errors import BadCatalogue
from tests.catalogues import catalogue

BATTERY, EV = "battery.production.CN", "ev.production.CN"


def declared(*, series: str = BATTERY, by: str = EV, more: str = "") -> str:
    return f'[[drivers]]\nseries = ["{series}"]\nby = "{by}"\n{more}\n'


def test_each_series_of_a_rule_has_its_driver_with_the_lag() -> None:
    more = f'[[drivers]]\nseries = ["{BATTERY}", "{BATTERY}.lfp"]\nby = "{EV}"\nlag = 2\n'

    found = catalogue(more + declared(by=WORKING_DAYS)).drivers

    assert found == (Driver(BATTERY, EV, 2), Driver(f"{BATTERY}.lfp", EV, 2), Driver(BATTERY, WORKING_DAYS, 0))


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        (declared(series="battery.prodction.CN"), "drivers 1 .*did you mean 'battery.production.CN'"),
        (declared(by="ev.prodution.CN"), "drivers 1 .*by: .*did you mean 'ev.production.CN'"),
        (declared(by="working-day"), "did you mean 'working-days'"),
        (declared(by=BATTERY), "can't drive itself"),
        (declared(more="lag = -1"), "lag must be 0 to 120 months, not -1"),
        (declared(more="lag = 1.5"), "lag: must be a whole number"),
        (declared(more="lags = 1"), "did you mean 'lag'"),
        (declared(by=WORKING_DAYS, more="lag = 1"), "working days have no lag"),
        (declared(series="battery.capacity.CN", by=WORKING_DAYS), "is a level, which no working day makes"),
        (declared() + declared(more="lag = 1"), "drives battery.production.CN already"),
        ("[[driver]]\n", "did you mean 'drivers'"),
    ],
)
def test_a_wrong_rule_is_named_with_what_to_mend(rule: str, complaint: str) -> None:
    with pytest.raises(BadCatalogue, match=complaint):
        catalogue(rule)
