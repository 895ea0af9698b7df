"""Report files of every format."""

import io
import json
from datetime import UTC, date, datetime

import polars as pl
import pytest

from forecaster.adapters.readers import read_rows
from forecaster.domain.errors import BadReportFile
from forecaster.domain.submission import ROWS
from tests.adapters.workbook import workbook

CSV = """series_id,period_start,period_end,basis,value,unit,note
ev.production.CN,2026-08,2026-08,month,140.9,万辆,"from, the bureau"

ev.production.CN,2026-01,2026-08,ytd,943703,vehicles,
"""


def read(content: bytes | str) -> list[dict[str, object]]:
    rows = read_rows(content.encode() if isinstance(content, str) else content, file="figures")
    assert rows.schema == ROWS
    return [{name: value for name, value in row.items() if value is not None} for row in rows.iter_rows(named=True)]


EXPECTED = [
    {
        "series_id": "ev.production.CN",
        "period_start": "2026-08",
        "period_end": "2026-08",
        "basis": "month",
        "value": "140.9",
        "unit": "万辆",
        "note": "from, the bureau",
    },
    {
        "series_id": "ev.production.CN",
        "period_start": "2026-01",
        "period_end": "2026-08",
        "basis": "ytd",
        "value": "943703",
        "unit": "vehicles",
    },
]
LINED = [{"line": 2, **EXPECTED[0]}, {"line": 4, **EXPECTED[1]}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_is_read_in_the_encodings_that_offices_write(encoding: str) -> None:
    assert read(CSV.encode(encoding)) == LINED


@pytest.mark.parametrize("separator", [";", "\t"])
def test_cells_are_parted_by_comma_semicolon_or_tab(separator: str) -> None:
    lines = CSV.replace(", the", "_the").replace(",", separator).replace("_the", ", the")

    assert read(lines.replace("\n", "\r\n")) == LINED


def test_a_cell_over_two_lines_leaves_the_line_numbers_right() -> None:
    lines = CSV.replace("from, the bureau", "from\nthe bureau")

    assert [row["line"] for row in read(lines)] == [2, 5]


def test_other_names_of_columns_are_known_and_their_case_is_not_minded() -> None:
    header = "Sector,measure,region,source_body,period_start,period_end,basis,value,unit,yoy_pct,published"
    (row,) = read(f"{header}\nev,production,CN,NBS,2026-08,2026-08,month,1,vehicles,3.5,2026-09-15\n")

    assert (row["source"], row["growth"], row["released_at"], row["sector"]) == ("NBS", "3.5", "2026-09-15", "ev")


def test_a_sheet_is_read_by_rows() -> None:
    columns = list(EXPECTED[0])
    sheet = [columns, [EXPECTED[0][name] for name in columns], [None] * 7, [EXPECTED[1].get(name) for name in columns]]
    sheet[1][4] = 140.9

    assert read(workbook(sheet)) == LINED


def test_of_several_sheets_that_hold_something_none_is_taken_in_silence() -> None:
    columns = list(EXPECTED[0])
    sheet = [columns, [EXPECTED[0][name] for name in columns]]

    assert len(read(workbook(sheet, second=[]))) == 1
    with pytest.raises(BadReportFile, match=r"has several sheets \(figures, notes\)"):
        read(workbook(sheet, second=[["as of today"]]))


def test_parquet_keeps_numbers_days_and_instants() -> None:
    frame = pl.DataFrame(
        {
            "series_id": ["ev.production.CN"],
            "period_start": [date(2026, 8, 1)],
            "period_end": [date(2026, 8, 31)],
            "basis": ["month"],
            "value": [0.1 + 0.2],
            "unit": ["vehicles"],
            "released_at": [datetime(2026, 9, 15, 2, tzinfo=UTC)],
        }
    )
    content = io.BytesIO()
    frame.with_columns(pl.col("unit").cast(pl.Categorical)).write_parquet(content)

    (row,) = read(content.getvalue())

    assert (row["line"], row["period_start"], row["period_end"]) == (1, "2026-08-01", "2026-08-31")
    assert float(str(row["value"])) == 0.1 + 0.2
    assert str(row["released_at"]).startswith("2026-09-15T02:00:00")


def test_a_broken_parquet_file_is_refused_without_a_word_of_the_threads_that_read_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    content = io.BytesIO()
    pl.DataFrame([EXPECTED[0]] * 40).write_parquet(content)
    whole = content.getvalue()
    refused = 0

    for at in range(0, len(whole), 12):
        try:
            read(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        except BadReportFile:
            refused += 1

    assert refused > 20
    assert capfd.readouterr().err == ""


def test_json_is_read_line_by_line_or_as_one_list() -> None:
    first = {**EXPECTED[0], "value": 140.9}
    lines = f"{json.dumps(first)}\n\n{json.dumps({**EXPECTED[1], 'note': None})}\n"

    assert read(lines) == [{"line": 1, **EXPECTED[0]}, {"line": 3, **EXPECTED[1]}]
    assert read(json.dumps([first, EXPECTED[1]])) == [{"line": 1, **EXPECTED[0]}, {"line": 2, **EXPECTED[1]}]


def test_chinese_columns_are_known() -> None:
    header = "行业,指标,地区,来源,开始月份,结束月份,口径,数值,单位,同比增长（%）,发布日期"
    (row,) = read(f"{header}\nev,production,CN,nbs,2026-01,2026-08,累计,1,万辆,3.5,2026-09-15\n".encode("gb18030"))

    assert (row["sector"], row["basis"], row["unit"], row["growth"]) == ("ev", "累计", "万辆", "3.5")


def test_a_decimal_comma_is_read_where_something_else_parts_the_cells() -> None:
    lines = CSV.replace(", the", "_the").replace(",", ";").replace("140.9", "140,9").replace("_the", ", the")

    assert read(lines) == LINED


def test_commas_between_thousands_are_read_where_they_can_mean_nothing_else() -> None:
    (_, total) = read(CSV.replace("943703", '"1,943,703"'))

    assert total["value"] == "1943703"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty"),
        ("[]", "not even a header"),
        (CSV.splitlines()[0], "has no rows"),
        (CSV.replace("period_end", "period_nd"), "column 'period_nd' is unknown. Did you mean 'period_end'?"),
        (CSV.replace("note", "colour"), "column 'colour' is unknown. Known: series_id"),
        (CSV.replace("note", "unit"), "column 'unit' is there twice"),
        (CSV.replace("series_id", "sector"), "has no column measure, region. Add what is missing."),
        (CSV.replace("value", "title"), "has no column value."),
        (CSV.replace("vehicles,", "vehicles"), "line 4 has 6 cells, the header 7"),
        (CSV.replace('bureau"', "bureau"), "is no CSV"),
        (b"\x00\x81\xff\xfe\x81", "is neither XLSX nor Parquet nor text"),
        (b"PK\x03\x04 nothing", "is no XLSX that can be read"),
        (b"PAR1 nothing", "is no Parquet that can be read"),
        ('{"series_id": ', "is no JSON"),
        ("[1, 2]", "every item must be an object"),
        (CSV.replace("from", "x" * 30_000), "line 2 holds over 20,000 characters"),
        ("[" * 100_000, "nested too deeply"),
        (
            '{"value": "\\ud800", "series_id": 1, "period_start": 1, "period_end": 1, "basis": 1, "unit": 1}',
            "surrogates",
        ),
        ("," * 1_000_000, "has 1,000,001 columns, over 200"),
        (CSV.replace("the", "the\0"), "is neither XLSX nor Parquet nor text"),
        (
            CSV.encode() + CSV.replace("bureau", "局").encode("gb18030") + b"\xff",
            "is neither XLSX nor Parquet nor text",
        ),
    ],
)
def test_a_file_that_can_not_be_read_says_why(content: bytes | str, says: str) -> None:
    with pytest.raises(BadReportFile) as caught:
        read(content)

    assert str(caught.value).startswith("figures: ")
    assert says in str(caught.value)
