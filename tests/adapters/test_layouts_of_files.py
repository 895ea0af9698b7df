"""Tables as bureaus print them, in files as offices save them."""

import csv
import io
from pathlib import Path

import pytest

from forecaster.adapters.catalogue_file import load_catalogue
from forecaster.adapters.readers import Reading, read_file
from forecaster.domain.errors import BadReportFile
from forecaster.settings import load_settings
from tests.adapters.workbook import workbook

LAYOUTS = load_catalogue(load_settings({}).catalogue_file).layouts

TITLE = "2026年8月份规模以上工业主要产品产量"
TABLE: list[list[str | float | None]] = [
    [TITLE, None, None, None, None],
    ["指　标", "当月", None, "累计", None],
    [None, "绝对量", "同比增长（%）", "绝对量", "同比增长（%）"],
    ["粗钢（万吨）", "7737", "-0.7", "67181", "-2.8"],
    ["新能源汽车（万辆）", "133.3", "22.7", "962.9", "31.4"],
    ["太阳能电池（光伏电池）（万千瓦）", "6702.0", "−1.5", "…", "15.7"],
]
NEV = ("ev.production.CN", "万辆")
CELLS = ("solar.production.CN", "万千瓦")
STATED = [
    (5, *NEV, "month", "2026-08", "2026-08", "133.3", "22.7"),
    (5, *NEV, "ytd", "2026-01", "2026-08", "962.9", "31.4"),
    (6, *CELLS, "month", "2026-08", "2026-08", "6702.0", "-1.5"),
    (6, *CELLS, "ytd", "2026-01", "2026-08", None, "15.7"),
]


def text(table: list[list[str | float | None]], separator: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(table)
    return out.getvalue()


def read(content: bytes, *, layout: str | None = None, period: str | None = None) -> Reading:
    return read_file(io.BytesIO(content), file="table", layouts=LAYOUTS, layout=layout, period=period)


def stated(reading: Reading) -> list[tuple[object, ...]]:
    columns = ("line", "series_id", "unit", "basis", "period_start", "period_end", "value", "growth")
    return [row for part in reading.rows for row in part.select(columns).iter_rows()]


def with_cells(*changed: tuple[int, int, str | None]) -> list[list[str | float | None]]:
    table = [list(row) for row in TABLE]
    for row, column, cell in changed:
        table[row][column] = cell
    return table


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig"])
def test_the_bureau_s_table_of_products_is_known_by_its_header(encoding: str) -> None:
    reading = read(text(TABLE).encode(encoding))

    assert stated(reading) == STATED
    assert reading.left_out == ("粗钢",)


def test_a_sheet_with_numbers_is_the_same_table() -> None:
    sheet = [[float(cell) if isinstance(cell, str) and cell.isdecimal() else cell for cell in row] for row in TABLE]

    assert stated(read(workbook(sheet))) == STATED


def test_the_month_may_stand_in_the_headings_and_the_unit_in_a_column() -> None:
    table = (
        "Main products, August 2026\n"
        "产品名称,计量单位,8月,,1—8月,\n"
        ",,产量,同比(%),产量,同比(%)\n"
        '新能源汽车,万辆,"1,333.3",22.7,"1,962.9",31.4\n'
    )

    assert stated(read(table.encode())) == [
        (4, *NEV, "month", "2026-08", "2026-08", "1333.3", "22.7"),
        (4, *NEV, "ytd", "2026-01", "2026-08", "1962.9", "31.4"),
    ]


def test_headings_of_one_row_do_as_well() -> None:
    table = "产品名称;当月 绝对量;同比增长(%);累计 绝对量;同比增长(%)\n新能源汽车(万辆);133,3;22,7;962,9;31,4\n"

    reading = read(table.encode(), period="2026-08")

    # Growth without a word of its span is that of the figure before it.
    assert stated(reading) == [
        (2, *NEV, "month", "2026-08", "2026-08", "133.3", "22.7"),
        (2, *NEV, "ytd", "2026-01", "2026-08", "962.9", "31.4"),
    ]


def test_a_heading_that_says_the_span_alone_means_its_value() -> None:
    table = "指标,计量单位,8月,同比增长(%),1-8月,同比增长(%)\n新能源汽车,万辆,133.3,22.7,962.9,31.4\n"

    reading = read(table.encode("gb18030"), period="2026-08")

    assert stated(reading) == [
        (2, *NEV, "month", "2026-08", "2026-08", "133.3", "22.7"),
        (2, *NEV, "ytd", "2026-01", "2026-08", "962.9", "31.4"),
    ]


def test_growth_behind_two_values_and_columns_of_no_known_kind_are_left_out_and_named() -> None:
    table = "产品名称,计量单位,本月,累计,同比增长(%),累计同比(%),备注\n新能源汽车,万辆,175.3,1234.4,10.9,11.1,x\n"

    reading = read(table.encode(), period="2026-09")

    assert stated(reading) == [
        (2, *NEV, "month", "2026-09", "2026-09", "175.3", None),
        (2, *NEV, "ytd", "2026-01", "2026-09", "1234.4", None),
    ]
    assert reading.left_out == ("column '同比增长(%)'", "column '累计同比(%)'", "column '备注'")


def test_the_first_table_of_a_year_states_january_and_february_together() -> None:
    table = "2026年1—2月份主要产品产量,,\n指标,1—2月,\n,绝对量,同比增长(%)\n新能源汽车（万辆）,160,20\n"

    assert stated(read(table.encode())) == [(4, *NEV, "jan-feb", "2026-01", "2026-02", "160", "20")]


UNCLEAR = ({"layout": "nbs-output", "period": "2026-08"}, "has no header of layout 'nbs-output'")


@pytest.mark.parametrize(
    ("table", "options", "says"),
    [
        (with_cells((0, 0, "主要产品产量")), {}, "does not name its period. Say which with --period YYYY-MM."),
        (with_cells((0, 1, "2026年7月")), {}, "names several periods (2026-07, 2026-08)"),
        (with_cells((1, 1, "7月")), {}, "has columns of month 7, and its period is 2026-08"),
        (TABLE[3:], {"layout": "nbs-output"}, "has no header of layout 'nbs-output': 指标, 当月, 累计, 绝对量."),
        (TABLE, {"layout": "nbs"}, "can't be read by layout 'nbs'; declared: nbs-output."),
        (TABLE[:3], {}, "has no rows"),
        (TABLE[:4], {}, "states nothing that layout 'nbs-output' knows: 粗钢"),
        (
            [["指标", "8月", "1-8月"], [None, "同比增长(%)", "同比增长(%)"], ["新能源汽车(万辆)", "22.7", "31.4"]],
            *UNCLEAR,
        ),
        ([["指标", "8月", "8月"], ["新能源汽车(万辆)", "133", "100"]], *UNCLEAR),
    ],
)
def test_a_table_that_is_not_clear_says_what_is_missing(
    table: list[list[str | float | None]], options: dict[str, str], says: str
) -> None:
    with pytest.raises(BadReportFile) as caught:
        stated(read(text(table).encode(), **options))

    assert says in str(caught.value)


def test_a_period_for_a_file_that_names_its_own_is_refused(tmp_path: Path) -> None:
    plain = "series_id,period_start,period_end,basis,value,unit\nev.production.CN,2026-08,2026-08,month,1,vehicles\n"

    with pytest.raises(BadReportFile, match="is no printed table"):
        read(plain.encode(), period="2026-08")
