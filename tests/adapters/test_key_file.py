"""API keys on the disk."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forecaster.adapters.key_file import KeyFile, make_first_key
from forecaster.domain.errors import BadKeyFile, BadParameter, UnknownKey

NOW = datetime(2026, 9, 10, 12, tzinfo=UTC)


def entry(**changed: object) -> str:
    """The text of a file with one key."""
    sound = {"name": "ana", "scopes": ["read"], "sha256": "0" * 64, "created_at": "2026-09-10T12:00:00Z"}
    return json.dumps({"keys": [{**sound, **changed}]})


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json", first=tmp_path / "api-key")


def test_the_first_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "api-key"

    make_first_key(file)
    first = file.read_text()
    make_first_key(file)

    assert len(first.strip()) >= 40
    assert file.read_text() == first
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_the_first_key_may_do_everything_and_configures_nothing(keys: KeyFile, tmp_path: Path) -> None:
    make_first_key(tmp_path / "api-key")

    found = keys.find((tmp_path / "api-key").read_text().strip())

    assert found is not None
    assert found.scopes == ("read", "write", "operate")
    assert not keys.configured


def test_only_the_hash_of_a_key_is_kept_for_its_owner_alone(keys: KeyFile, tmp_path: Path) -> None:
    secret = keys.add("ana", scopes=("operate", "read"), now=NOW)

    file = tmp_path / "keys.json"
    found = keys.find(secret)
    assert found is not None
    assert (found.name, found.scopes, found.created_at) == ("ana", ("read", "operate"), NOW)
    assert secret not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert keys.configured


@pytest.mark.parametrize("wrong", ["", "ana", "sectorcast_", "ä"])
def test_what_is_no_key_is_not_found(keys: KeyFile, wrong: str) -> None:
    keys.add("ana", scopes=("read",), now=NOW)

    assert keys.find(wrong) is None


def test_a_revoked_key_is_gone_for_readers_that_knew_it(keys: KeyFile, tmp_path: Path) -> None:
    secret = keys.add("ana", scopes=("read",), now=NOW)
    keys.add("bo", scopes=("read",), now=NOW)
    reader = KeyFile(tmp_path / "keys.json", first=tmp_path / "api-key")
    known = reader.find(secret)

    keys.revoke("ana")

    assert known is not None
    assert reader.find(secret) is None
    assert [key.name for key in reader.known()] == ["bo"]


def test_the_first_key_can_be_revoked_too(keys: KeyFile, tmp_path: Path) -> None:
    make_first_key(tmp_path / "api-key")

    keys.revoke("api-key")

    assert keys.known() == ()
    assert not (tmp_path / "api-key").exists()


def test_an_unknown_name_is_refused_with_those_there_are(keys: KeyFile) -> None:
    keys.add("ana", scopes=("read",), now=NOW)

    with pytest.raises(UnknownKey, match="'bo'; there are: ana"):
        keys.revoke("bo")


@pytest.mark.parametrize(
    ("name", "scopes", "wrong"),
    [("Ana", ("read",), "name"), ("api-key", ("read",), "name"), ("bo", ("admin",), "scopes"), ("bo", (), "scopes")],
)
def test_an_impossible_key_is_refused(keys: KeyFile, name: str, scopes: tuple[str, ...], wrong: str) -> None:
    with pytest.raises(BadParameter) as refused:
        keys.add(name, scopes=scopes, now=NOW)

    assert refused.value.name == wrong
    assert keys.known() == ()


def test_a_taken_name_is_refused_and_its_key_stays(keys: KeyFile) -> None:
    secret = keys.add("ana", scopes=("read",), now=NOW)

    with pytest.raises(BadParameter, match="'ana' already"):
        keys.add("ana", scopes=("write",), now=NOW)

    assert keys.find(secret) is not None


@pytest.mark.parametrize(
    "text",
    ["", "{}", '{"keys": [{"name": "ana"}]}', '{"keys": 3}', entry(scopes=["all"]), entry(sha256="plain")],
)
def test_a_broken_file_lets_nobody_in_and_is_named(keys: KeyFile, tmp_path: Path, text: str) -> None:
    (tmp_path / "keys.json").write_text(text)

    with pytest.raises(BadKeyFile, match=r"keys\.json"):
        keys.find("anything")


def test_an_empty_first_key_opens_nothing(keys: KeyFile, tmp_path: Path) -> None:
    (tmp_path / "api-key").write_text("\n")

    with pytest.raises(BadKeyFile, match="api-key"):
        keys.find("")


def test_keys_added_at_once_are_all_kept(keys: KeyFile, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from datetime import UTC, datetime\n"
        "from forecaster.adapters.key_file import KeyFile\n"
        "folder = Path(sys.argv[1]); keys = KeyFile(folder / 'keys.json', first=folder / 'api-key')\n"
        "for number in range(10):\n"
        "    keys.add(f'{sys.argv[2]}-{number}', scopes=('read',), now=datetime(2026, 9, 10, tzinfo=UTC))"
    )
    adding = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name]) for name in ("a", "b")]

    codes = [one.wait() for one in adding]

    assert codes == [0, 0]
    assert len(keys.known()) == 20
