from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from api.app import create_app
from forecaster.adapters.key_file import KeyFile
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.client import Client
from tests.api.serving import serving
from tests.catalogues import catalogue
from tests.vintages import tiny_vintage


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    """The service with the tiny vintage."""
    store = PublishedVintages(tmp_path / "vintages")
    store.publish(tiny_vintage(), by="job 1")
    keys = KeyFile(tmp_path / "keys.json", first=tmp_path / "api-key")
    return create_app(vintages=store, catalogue=catalogue(), keys=keys)


@pytest.fixture
def url(app: FastAPI) -> Iterator[str]:
    """Where a real server serves it."""
    with serving(app) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    with Client(url) as opened:
        yield opened
