"""Files that nobody would write on purpose, and some that somebody would."""

import io
import json
import zipfile

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from forecaster.adapters.readers import read_file
from forecaster.domain.errors import BadReportFile
from tests.fuzz.corpus import COLUMNS, MAKERS, ROWS, repacked, text
from tests.fuzz.taking import take

BOUNDED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)

SEEDS = {name: make() for name, make in MAKERS.items()}
CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["=1+1", "1e999", "-0", "9" * 400, "1,5", "0000-01", "9999-12", "2026-08", "ev.production.CN", "month"]
    ),
)


@pytest.mark.parametrize("name", [name for name in SEEDS if "formulas" not in name])
def test_every_file_to_begin_with_is_taken(name: str) -> None:
    assert take(SEEDS[name]) >= 2


@BOUNDED
@given(st.binary(max_size=400))
@example(b"\xff\xfe")
@example(b"PK\x03\x04")
@example(b"PAR1PAR1")
def test_any_bytes_are_taken_or_refused(content: bytes) -> None:
    take(content)


@BOUNDED
@given(st.sampled_from(sorted(SEEDS)), st.data())
def test_a_file_with_some_bytes_changed_is_taken_or_refused(name: str, data: st.DataObject) -> None:
    content = bytearray(SEEDS[name])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))

    take(bytes(content))


@BOUNDED
@given(st.lists(st.lists(CELLS, min_size=len(COLUMNS), max_size=len(COLUMNS)), max_size=4), st.sampled_from(",;\t"))
def test_any_cells_are_taken_or_refused(rows: list[list[str]], separator: str) -> None:
    take(text((COLUMNS, *ROWS[:1], *rows), separator=separator).encode("utf-8", "surrogatepass"))


JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | CELLS, st.lists, max_leaves=4)


@BOUNDED
@given(st.lists(st.dictionaries(st.sampled_from((*COLUMNS, "sector", "")), JSON), max_size=4))
def test_any_objects_are_taken_or_refused(items: list[dict[str, object]]) -> None:
    take("\n".join(map(json.dumps, items)).encode())


def bomb(size: int) -> bytes:
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as part,
    ):
        for _ in range(size >> 20):
            part.write(b" " * (1 << 20))
    return content.getvalue()


def lying(content: bytes) -> bytes:
    """A workbook whose sheet claims to unpack to one byte."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    return content.replace(size.to_bytes(4, "little"), (1).to_bytes(4, "little"))


SHARED = f"<sst><si><t>{'x' * 40_000}</t></si></sst>"
PLENTY = "".join(f'<row r="{at}"><c r="A{at}" t="s"><v>0</v></c></row>' for at in range(1, 10_000))
LAUGHS = "".join(f'<!ENTITY e{at} "{f"&e{at - 1};" * 10}">' for at in range(1, 10))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (bomb(300 << 20), "bytes unpacked, over"),
        (lying(repacked({}, sheet=PLENTY.replace(' t="s"', ""))), "is no XLSX"),
        (
            repacked({}, sheet='<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"/></row>'),
            "a sheet of",
        ),
        (repacked({}, sheet='<row r="1"><c r="AAAAAAAAAAA1"><v>1</v></c></row>'), "a sheet of"),
        (repacked({"xl/sharedStrings.xml": SHARED}, sheet=PLENTY), "characters together"),
        (repacked({"xl/sharedStrings.xml": "<sst/>"}, sheet=PLENTY), "is no XLSX"),
        (
            repacked(
                {"xl/sharedStrings.xml": f'<!DOCTYPE s [<!ENTITY e0 "ha">{LAUGHS}]><sst><si><t>&e9;</t></si></sst>'},
                sheet="",
            ),
            "is no XLSX",
        ),
        (repacked({"content.xml": "<x/>"}, sheet=""), "is no XLSX"),
    ],
    ids=[
        "unpacks to much",
        "lies of its size",
        "far corner",
        "no such column",
        "one text in many cells",
        "no such text",
        "laughs",
        "other format",
    ],
)
def test_a_workbook_that_would_fill_the_memory_is_refused(content: bytes, says: str) -> None:
    with pytest.raises(BadReportFile, match=says):
        read_file(io.BytesIO(content), file="figures")


def test_a_parquet_of_more_rows_than_a_file_may_have_is_refused() -> None:
    out = io.BytesIO()
    pl.select(value=pl.repeat("1", 6_000_000)).write_parquet(out)

    with pytest.raises(BadReportFile, match="over 5,000,000 rows"):
        read_file(out, file="figures")


def test_ten_thousand_unknown_names_are_answered_at_once() -> None:
    ids = (("no.such." + str(at), *ROWS[0][1:]) for at in range(10_000))
    bodies = "\n".join(f"ev,production,CN,body-{at},2026-08,2026-08,month,1,vehicles" for at in range(10_000))
    parts = "sector,measure,region,source,period_start,period_end,basis,value,unit\n" + bodies

    assert take(text((COLUMNS, *ids)).encode()) == 0
    assert take(parts.encode()) == 0
