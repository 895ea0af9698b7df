from datetime import date
from pathlib import Path

import polars as pl
import pytest

from forecaster.adapters.arrow_columns import ArrowColumns

FRAME = pl.DataFrame(
    {
        "id": ["a", "a string longer than twelve bytes", "b"],
        "day": [date(1970, 1, 1), date(1969, 12, 31), date(2026, 9, 1)],
        "value": [0.1, -1e300, 3.0],
        "step": pl.Series([1, 2, 3], dtype=pl.Int32),
    }
)


def written(frame: pl.DataFrame, *, folder: Path, **how: object) -> Path:
    path = folder / "frame.arrow"
    frame.write_ipc(path, **how)  # type: ignore[arg-type]  # the options of write_ipc
    return path


def test_columns_behind_strings_are_read_as_they_were_written(tmp_path: Path) -> None:
    columns = ArrowColumns(written(FRAME, folder=tmp_path, compression="uncompressed"))

    assert columns.read("value", start=0, count=3) == [0.1, -1e300, 3.0]
    assert columns.read("day", start=1, count=2) == [-1, 20697]
    assert columns.read("step", start=2, count=1) == [3]


def test_an_empty_frame_has_nothing_to_read(tmp_path: Path) -> None:
    columns = ArrowColumns(written(FRAME.clear(), folder=tmp_path, compression="uncompressed"))

    assert columns.read("value", start=0, count=0) == []


@pytest.mark.parametrize(
    ("frame", "how", "why"),
    [
        (FRAME, {"compression": "lz4"}, "compressed"),
        (FRAME, {"record_batch_size": 1}, "3 record batches"),
        (pl.DataFrame({"value": [1.0, None]}), {}, "without nulls"),
        (pl.DataFrame({"value": [[1.0]]}), {}, "fixed-width"),
    ],
)
def test_what_cannot_be_read_in_place_is_refused(
    tmp_path: Path, frame: pl.DataFrame, how: dict[str, object], why: str
) -> None:
    path = written(frame, folder=tmp_path, **how)

    with pytest.raises(ValueError, match=why):
        ArrowColumns(path)
