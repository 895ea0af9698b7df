import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from api.app import create_app
from api.operating import Operations
from forecaster.adapters.key_file import KeyFile
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.adapters.reachable_alerts import ReachableAlerts
from tests.api.serving import serving
from tests.catalogues import catalogue

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser; without one the tests are skipped, but on a CI machine they fail."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("no chromium is installed; on a CI machine the page must be tested")
        pytest.skip("no chromium is installed")
    with sync_playwright() as playwright:
        # A container's root can't use chromium's sandbox; the only pages opened are our own.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def store(tmp_path: Path) -> PublishedVintages:
    """A store in which nothing is published."""
    return PublishedVintages(tmp_path / "vintages")


@pytest.fixture
def alerts(tmp_path: Path) -> Iterator[ReachableAlerts]:
    """Its alerts: none yet."""
    door = ReachableAlerts(f"sqlite:///{tmp_path / 'alerts.db'}")
    yield door
    door.close()


@pytest.fixture
def address(store: PublishedVintages, alerts: ReachableAlerts) -> Iterator[str]:
    """The service over that store."""
    with serving(create_app(vintages=store, catalogue=catalogue(), operations=Operations(alerts=alerts))) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    """The keys of the guarded service: none yet."""
    return KeyFile(tmp_path / "keys.json", first=tmp_path / "api-key")


@pytest.fixture
def guarded(store: PublishedVintages, keys: KeyFile, alerts: ReachableAlerts) -> Iterator[str]:
    """The same with keys."""
    with serving(
        create_app(vintages=store, catalogue=catalogue(), keys=keys, operations=Operations(alerts=alerts))
    ) as port:
        yield f"http://127.0.0.1:{port}"


class Visit:
    """A page in the browser, and what went on behind it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self._heard(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))
        page.on("request", lambda request: self.asked.append(request.url))

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def foreign(self, address: str) -> list[str]:
        """Requests to any other host; data: and blob: addresses ask nobody."""
        return [url for url in self.asked if not url.startswith((address, "data:", "blob:"))]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """A fresh page, nothing remembered."""
    context = browser.new_context()
    yield Visit(context.new_page())
    context.close()
