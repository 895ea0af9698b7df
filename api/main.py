"""Composition of the service from the settings: `uvicorn --factory api.main:build`."""

from ipaddress import ip_address

from fastapi import FastAPI

from api.app import create_app
from forecaster.adapters.catalogue_file import load_catalogue
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.domain.errors import BadSetting
from forecaster.settings import load_settings


def build() -> FastAPI:
    """The service as the environment sets it.

    Raises:
        BadSetting: it would listen beyond this machine without keys.
    """
    settings = load_settings()
    check_host(settings.host)
    return create_app(
        vintages=PublishedVintages(settings.vintages_folder), catalogue=load_catalogue(settings.catalogue_file)
    )


def check_host(host: str) -> None:
    """Refuse to listen beyond this machine: there are no keys yet that would guard it.

    Raises:
        BadSetting: the host is no loopback address.
    """
    if host == "localhost":
        return
    try:
        if ip_address(host).is_loopback:
            return
    except ValueError:
        pass  # a name: where it leads is not ours to guess
    raise BadSetting(
        name="SECTORCAST_HOST",
        what=f"{host} is not loopback, and there are no keys that would guard the service. Set 127.0.0.1, ::1 or"
        " localhost, and put a proxy that authenticates before it to be reached from elsewhere.",
    )
