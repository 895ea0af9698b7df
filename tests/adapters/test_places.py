"""What the system refuses is told with the place, the reason and the way out."""

from pathlib import Path

import polars as pl
import pytest

from forecaster.adapters.spool import spooled
from forecaster.adapters.store_faults import LONGEST, make_writable, reaching
from forecaster.domain.errors import PlaceUnusable


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(13, "x"), "Permission denied. Nothing was stored. Let this user write there, or set SOME"),
        (OSError("Kernel\n  \x1b[31m↳\x1b[0m copy\n No space left (os error 28)"), "No space left on device. Nothing"),
        (pl.exceptions.ComputeError("parquet: IO error (os error 30)"), "Read-only file system. "),
        (OSError("a\x1b[31m b\n\n c"), "a b c. Nothing was stored. Mend it, or set SOME to another place."),
    ],
)
def test_the_reason_is_the_system_s_own_where_it_gave_one(error: Exception, told: str) -> None:
    with pytest.raises(PlaceUnusable) as caught, reaching("The place /x", elsewhere="SOME"):
        raise error

    assert str(caught.value).startswith(f"The place /x can't be used: {told}")


def test_a_reason_without_end_is_cut() -> None:
    with pytest.raises(PlaceUnusable) as caught, reaching("The place /x", elsewhere="SOME"):
        raise OSError("x" * 10_000)

    assert len(caught.value.why) == LONGEST


def test_what_is_no_refusal_of_the_system_stays_what_it_is() -> None:
    with pytest.raises(ZeroDivisionError), reaching("The place /x", elsewhere="SOME"):
        raise ZeroDivisionError


def test_a_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    make_writable(tmp_path / "a" / "b")

    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_spool_without_a_folder_names_the_variable_that_moves_it(tmp_path: Path) -> None:
    gone = tmp_path / "gone" / "deeper"

    with pytest.raises(PlaceUnusable, match=r"temporary files, .*gone, can't be used.*TMPDIR"):
        spooled([pl.DataFrame({"a": [1]})], folder=gone)
