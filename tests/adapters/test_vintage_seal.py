import os
import shutil
from pathlib import Path

import pytest

from forecaster.adapters.vintage_seal import SEAL, TICK, is_sealed, seal


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that was sealed long after it was written."""
    made = tmp_path / "forecasts.arrow"
    made.write_bytes(b"figures")
    seal(tmp_path, files=[made])
    later(tmp_path / SEAL)
    return made


def later(note: Path) -> None:
    at = note.stat().st_mtime_ns + 10 * TICK
    os.utime(note, ns=(at, at))


def test_a_file_that_nobody_touched_is_sealed(file: Path) -> None:
    assert is_sealed(file)


def test_a_file_that_was_altered_is_not_even_where_its_times_are_set_back(file: Path) -> None:
    before = file.stat()
    file.write_bytes(b"FIGURES")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert not is_sealed(file)


def test_a_copy_is_not(file: Path, tmp_path: Path) -> None:
    copied = tmp_path / "copied"
    shutil.copytree(file.parent, copied, ignore=shutil.ignore_patterns("copied"))

    assert not is_sealed(copied / file.name)


def test_a_file_as_young_as_its_note_is_not(tmp_path: Path) -> None:
    young = tmp_path / "forecasts.arrow"
    young.write_bytes(b"figures")
    seal(tmp_path, files=[young])

    assert not is_sealed(young)


@pytest.mark.parametrize("note", [b"", b"[]", b"{}", b'{"forecasts.arrow": null}'])
def test_without_a_note_that_can_be_read_nothing_is(file: Path, note: bytes) -> None:
    (file.parent / SEAL).write_bytes(note)
    later(file.parent / SEAL)

    assert not is_sealed(file)
