from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from forecaster.adapters.published_vintages import PublishedVintages
from tests.catalogues import catalogue
from tests.vintages import tiny_vintage, went_into_service


@pytest.fixture
def empty(tmp_path: Path) -> PublishedVintages:
    """A store in which nothing is published."""
    return PublishedVintages(tmp_path / "vintages")


@pytest.fixture
def store(empty: PublishedVintages) -> PublishedVintages:
    """A store with the tiny vintage in service since it was issued."""
    vintage = tiny_vintage()
    empty.publish(vintage)
    went_into_service(empty.root, (vintage.issue.issued_at, vintage.issue.vintage_id))
    return empty


@pytest.fixture
def waiting(empty: PublishedVintages) -> Iterator[TestClient]:
    """The service before anything is published."""
    with TestClient(create_app(vintages=empty, catalogue=catalogue()), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def client(store: PublishedVintages) -> Iterator[TestClient]:
    """The service with the tiny vintage."""
    with TestClient(create_app(vintages=store, catalogue=catalogue()), raise_server_exceptions=False) as client:
        yield client
