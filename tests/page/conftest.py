import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from api.app import create_app
from api.operating import Operations
from forecaster.adapters.key_file import KeyFile
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.adapters.reachable_alerts import ReachableAlerts
from forecaster.adapters.reachable_jobs import ReachableJobs
from tests.api.serving import serving
from tests.catalogues import catalogue
from tests.page.desk import NOW, Desk, check_desk_experiment
from tests.page.visits import Visit
from tests.vintages import tiny_vintage

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


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """A fresh page, nothing remembered."""
    context = browser.new_context()
    yield Visit(context.new_page())
    context.close()


@pytest.fixture
def desk(
    browser: Browser, store: PublishedVintages, keys: KeyFile, alerts: ReachableAlerts, tmp_path: Path
) -> Iterator[Desk]:
    """A desk in Berlin. The browser leaves before the service ends, which waits for whoever follows a job."""
    store.publish(tiny_vintage())
    address = f"sqlite:///{tmp_path / 'jobs.db'}"
    jobs = ReachableJobs(address, clock=lambda: NOW)
    operations = Operations(jobs, check_desk_experiment, alerts=alerts, mlflow_url="http://127.0.0.1:5000")
    app = create_app(vintages=store, catalogue=catalogue(), keys=keys, operations=operations)
    with serving(app) as port:
        context = browser.new_context(timezone_id="Europe/Berlin", locale="en-GB")
        yield Desk(f"http://127.0.0.1:{port}", address, jobs, keys, Visit(context.new_page()), tmp_path)
        context.close()
    jobs.close()
