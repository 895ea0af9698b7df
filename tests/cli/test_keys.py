"""`sectorcast keys` as an operator types it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forecaster.cli import app
from forecaster.domain.errors import UnknownKey


@pytest.fixture
def run(tmp_path: Path) -> CliRunner:
    return CliRunner(env={"SECTORCAST_HOME": str(tmp_path / "home")})


def test_a_key_is_shown_once_and_listed_without_itself(run: CliRunner) -> None:
    added = run.invoke(app, ["keys", "add", "ana", "--scopes", "read, write", "--json"])
    listed = run.invoke(app, ["keys", "list"])
    as_json = run.invoke(app, ["keys", "list", "--json"])

    secret = json.loads(added.stdout)["key"]
    assert secret.startswith("sectorcast_")
    assert "ana   read, write" in listed.stdout
    assert secret not in listed.stdout + as_json.stdout
    assert json.loads(as_json.stdout)[0]["scopes"] == ["read", "write"]


def test_for_people_the_key_alone_is_on_standard_output(run: CliRunner) -> None:
    added = run.invoke(app, ["keys", "add", "ana"])

    assert added.stdout.startswith("sectorcast_")
    assert len(added.stdout.split()) == 1
    assert "ana: a key with scope read." in added.stderr


def test_a_revoked_key_is_no_longer_listed(run: CliRunner) -> None:
    run.invoke(app, ["keys", "add", "ana"])

    revoked = run.invoke(app, ["keys", "revoke", "ana", "--json"])

    assert json.loads(revoked.stdout) == {"revoked": "ana"}
    assert json.loads(run.invoke(app, ["keys", "list", "--json"]).stdout) == []


def test_an_unknown_key_is_refused(run: CliRunner) -> None:
    assert isinstance(run.invoke(app, ["keys", "revoke", "ana"]).exception, UnknownKey)
