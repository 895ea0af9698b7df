"""Settings as they are read and refused."""

import pytest

from forecaster.domain.errors import BadSetting
from forecaster.settings import load_settings


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (None, "http://127.0.0.1:8000"),
        ("https://forecasts.example.org/", "https://forecasts.example.org"),
        ("http://[::1]:8000/here/", "http://[::1]:8000/here"),
    ],
)
def test_others_are_told_the_public_address_or_else_the_services_own(given: str | None, told: str) -> None:
    assert load_settings({}, public_url=given).told_url == told


@pytest.mark.parametrize("address", ["", "forecasts.example.org", "ftp://here", "https://", "https://here?a=1"])
def test_a_public_address_that_links_could_not_begin_with_is_refused(address: str) -> None:
    with pytest.raises(BadSetting, match=r"SECTORCAST_PUBLIC_URL.*is no address such as"):
        load_settings({}, public_url=address)
