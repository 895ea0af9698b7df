import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.main import build
from forecaster.adapters.key_file import KeyFile, make_first_key
from forecaster.adapters.listening import check_host
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.domain.errors import BadSetting
from tests.vintages import EV, tiny_vintage

NOW = datetime(2026, 9, 10, 12, tzinfo=UTC)


def test_the_service_is_composed_from_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECTORCAST_HOME", str(tmp_path))
    PublishedVintages(tmp_path / "vintages").publish(tiny_vintage())

    with TestClient(build()) as client:
        answer = client.get(f"/v1/forecasts/{EV}")

    assert answer.status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_loopback_needs_no_key(host: str) -> None:
    check_host(host, guarded=False)


def test_with_a_key_configured_the_service_listens_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECTORCAST_HOST", "0.0.0.0")
    monkeypatch.setenv("SECTORCAST_HOME", str(tmp_path))
    KeyFile(tmp_path / "keys.json", first=tmp_path / "api-key").add("ana", scopes=("read",), now=NOW)

    with TestClient(build()) as client:
        alive, refused = client.get("/healthz"), client.get("/v1/sectors")

    assert (alive.status_code, refused.status_code) == (200, 401)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_beyond_loopback_the_service_refuses_to_start_without_keys(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_first_key(tmp_path / "api-key")  # it guards changes on this machine, and no more
    monkeypatch.setenv("SECTORCAST_HOME", str(tmp_path))
    monkeypatch.setenv("SECTORCAST_HOST", host)

    with pytest.raises(BadSetting, match="SECTORCAST_HOST"):
        build()


def test_sums_and_figures_of_an_instant_are_served_without_numpy(tmp_path: Path) -> None:
    PublishedVintages(tmp_path / "vintages").publish(tiny_vintage())
    script = (
        "import sys; sys.modules['numpy'] = None\n"
        "from starlette.testclient import TestClient; from api.main import build\n"
        "with TestClient(build()) as client:\n"
        f"    for url in ('/v1/forecasts/{EV}?basis=ytd', '/v1/series/{EV}/observations?as_of=2026-06-30'):\n"
        "        print(client.get(url).status_code)"
    )
    environment = {"SECTORCAST_HOME": str(tmp_path), "PATH": ""}

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)

    assert done.stdout.split() == ["200", "200"]


def test_serving_loads_neither_the_models_nor_their_frames(tmp_path: Path) -> None:
    script = (
        "import sys; from api.main import build; build();"
        "heavy = {'mlflow', 'statsforecast', 'deltalake', 'pandas', 'numpy', 'pyarrow', 'dbos'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    environment = {"SECTORCAST_HOME": str(tmp_path), "PATH": ""}

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)

    assert done.stdout.strip() == "[]"
