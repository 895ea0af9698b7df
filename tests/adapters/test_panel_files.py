"""Panels in files: read part by part as at once, and written whole or not at all."""

import gzip
import os
from pathlib import Path

import polars as pl
import pytest

from forecaster.adapters.file_shelves import FileShelf
from forecaster.adapters.panel_files import panel_parts, write_panel
from forecaster.domain.errors import BadPanel, PlaceUnusable

HEADER = "unique_id,ds,y\n"


def csv(folder: Path, *lines: str, end: str = "\n") -> Path:
    file = folder / "panel.csv"
    text = HEADER + "\n".join(lines) + ("\n" if end else "")
    file.write_bytes(text.replace("\n", end or "\n").encode())
    return file


def rows(count: int) -> list[str]:
    return [f'"a ""{at % 3}""\nb",2024-01-{1 + at % 28:02},{at}.5' for at in range(count)]


@pytest.mark.parametrize("block", [1, 7, 50, 10_000])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""], ids=["unix", "windows", "no end"])
def test_a_csv_in_blocks_is_what_it_is_at_once(tmp_path: Path, block: int, end: str) -> None:
    file = csv(tmp_path, *rows(40), end=end)

    found = pl.concat(panel_parts(file, block=block))

    assert found.equals(pl.read_csv(file, schema_overrides={"unique_id": pl.String, "y": pl.Float64}))
    assert found.height == 40


def test_a_packed_csv_is_read(tmp_path: Path) -> None:
    file = tmp_path / "panel.csv"
    file.write_bytes(gzip.compress((HEADER + "a,2024-01-01,1\n").encode()))

    assert pl.concat(panel_parts(file)).rows() == [("a", "2024-01-01", 1.0)]


@pytest.mark.parametrize("part", [3, 10, 100])
def test_parquet_in_parts_is_what_it_is_at_once(tmp_path: Path, part: int) -> None:
    whole = pl.DataFrame({"unique_id": ["a"] * 10, "other": range(10), "ds": range(10), "y": [1.0] * 10})
    file = tmp_path / "panel.parquet"
    whole.write_parquet(file)

    found = pl.concat(panel_parts(file, part=part))

    assert found.equals(whole.drop("other"))


def test_a_figure_that_is_no_number_is_named_with_its_line(tmp_path: Path) -> None:
    file = csv(tmp_path, "a,2024-01-01,1", "a,2024-02-01,2", "a,2024-03-01,3 t", "a,2024-04-01,4")

    with pytest.raises(BadPanel, match="'3 t' for y in line 4"):
        list(panel_parts(file, block=20))


@pytest.mark.parametrize(
    ("text", "told"), [(None, "is not there"), ("", "can't be read"), ("a,b\n1,2,3\n", "can't be read")]
)
def test_what_is_no_panel_is_refused(tmp_path: Path, text: str | None, told: str) -> None:
    file = tmp_path / "panel.csv"
    if text is not None:
        file.write_text(text)

    with pytest.raises(BadPanel, match=told):
        list(panel_parts(file))


def test_a_header_alone_is_a_part_without_rows(tmp_path: Path) -> None:
    file = tmp_path / "panel.csv"
    file.write_text(HEADER)

    assert [part.height for part in panel_parts(file)] == [0]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_an_answer_that_fails_leaves_what_was_there(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text("before")
    failing = pl.LazyFrame({"y": ["no number"]}).select(pl.col("y").cast(pl.Float64))

    with pytest.raises(PlaceUnusable):
        write_panel(pl.scan_parquet(tmp_path / "gone.parquet"), file=file)
    with pytest.raises(pl.exceptions.PolarsError):
        write_panel(failing, file=file)

    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    answer = pl.DataFrame({"unique_id": ["a", "b"], "ds": [1, 2], "y": [1.0, 2.0]})

    for name in ("out.csv", "out.parquet"):
        write_panel(answer.lazy(), file=tmp_path / name)

        assert pl.concat(panel_parts(tmp_path / name)).equals(answer)


def test_a_device_is_written_to_and_not_replaced() -> None:
    write_panel(pl.LazyFrame({"y": [1.0]}), file=Path(os.devnull))

    assert not Path(os.devnull).is_file()


def test_frames_on_a_shelf_come_back_in_order(tmp_path: Path) -> None:
    shelf = FileShelf(tmp_path / "shelf", rows=2)
    frames = [pl.DataFrame({"a": [at, at + 1, at + 2]}) for at in range(3)]

    for frame in frames:
        shelf.put(frame)

    assert all(one.equals(other) for one, other in zip(shelf.parts(), frames, strict=True))
    assert shelf.all().collect().equals(pl.concat(frames))
