"""A panel checked some series at a time: no fault hides between two parts."""

from datetime import date, datetime

import polars as pl
import pytest

from forecaster.domain.errors import BadPanel
from forecaster.domain.shelf import HeldShelf
from forecaster.domain.shelved_panel import ShelvedPanel, check_hope, shelved


def shelf_of(frame: pl.DataFrame, *, rows: int = 2) -> ShelvedPanel:
    """Read so many rows at a time, and worked on each series alone."""
    return shelved(frame.iter_slices(rows), shelf=HeldShelf(), file="f.csv", most=1)


def panel(*series: list[object]) -> pl.DataFrame:
    names = [name for name, ds in zip("abcdef", series, strict=False) for _ in ds]
    ds = [at for one in series for at in one]
    return pl.DataFrame({"unique_id": names, "ds": ds, "y": [float(at) for at in range(len(ds))]})


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (panel([1, 2, 3], [1, 2, 2]), "series b has two rows for one ds .at 2., 2 rows"),
        (panel([1, 1], [1, 2, 3], [5, 5]), "series a has two rows for one ds .at 1., 4 rows"),
        (panel([1, 2, 3], [1, 2, 4]), "series b has a hole before 4: periods follow each other by 1, since .* numbers"),
        (panel([1, 2, 3], [1, 3, 5, 7]), "series a has a hole before 2: periods follow each other by 2"),
        (panel(["2024-01-01", "2024-02-01"], ["2024-01-01", "soon"]), "series b has a ds .* no date .*.at soon.,"),
        (panel(["2024-01", None]), "series a has a ds .* no date .*.at nothing.,"),
        (panel([date(2024, 1, 1), date(2024, 2, 1)], [date(2024, 1, 1), date(2024, 3, 1)]), "hole .*by 1 month"),
        (panel([1, 2], [1, 2]).with_columns(y=pl.Series([1.0, 2.0, 3.0, None])), "series b has a y .*, 1 rows"),
        (panel([1, 2]).with_columns(unique_id=pl.lit(None, pl.String)), "2 rows or more without a unique_id"),
        (panel([1.5]), "ds is Float64"),
        (
            panel([1]).rename({"ds": "DS"}),
            "no column ds. It needs unique_id, ds and y, spelt so; it has 'unique_id', 'DS'",
        ),
        (pl.DataFrame({"unique_id;ds;y": ["a;1;2"]}), "with commas between: .* where ';' stands"),
    ],
)
def test_a_fault_is_named_whichever_part_it_is_in(frame: pl.DataFrame, told: str) -> None:
    with pytest.raises(BadPanel, match=told):
        shelf_of(frame)


def test_a_month_alone_is_its_first_day() -> None:
    months, days = ["2024-01", " 2024-02"], ["2024-01-01", "2024-02-01"]

    found = [next(shelf_of(panel(ds)).batches(weight=0)).names["last"][0] for ds in (months, days)]

    assert found == [date(2024, 2, 1)] * 2


def test_one_hour_among_many_days_makes_instants_of_all() -> None:
    frame = panel(["2024-01-01", "2024-01-02"], ["2024-01-01", "2024-01-02 00:00"])

    found = [taken.names["last"][0] for taken in shelf_of(frame).batches(weight=0, most=1)]

    assert found == [datetime(2024, 1, 2), datetime(2024, 1, 2)]  # noqa: DTZ001  # panels have no zone


def test_series_come_back_in_order_under_the_numbers_that_they_have_at_once() -> None:
    frame = panel([1, 2, 3], [7, 8], [1, 2], [4, 5, 6, 7])
    mixed = frame.sample(fraction=1.0, shuffle=True, seed=3)
    whole = next(shelved([frame], shelf=HeldShelf(), file="f.csv").batches(weight=0))

    parts = list(shelf_of(mixed).batches(weight=0, most=1))

    assert len(parts) == 4
    assert pl.concat(part.panel for part in parts).equals(whole.panel)
    assert pl.concat(part.names for part in parts).equals(whole.names)


def test_some_series_are_what_they_are_among_all() -> None:
    shelf = shelf_of(panel([1, 2, 3], [7, 8], [1, 2], [4, 5, 6, 7]))

    found = shelf.some(pl.Series(["panel.1", "panel.3"]))

    whole = pl.concat(part.panel for part in shelf.batches(weight=0))
    assert found.equals(whole.filter(pl.col("unique_id").is_in(["panel.1", "panel.3"])))


def test_a_panel_is_refused_at_once_where_every_series_is_too_short() -> None:
    short = panel([1, 2, 3], [1, 2])

    with pytest.raises(BadPanel, match="no series of 4 periods that does not repeat itself"):
        check_hope(shelf_of(short), needed=4, season=1, file="f.csv")


def test_a_panel_is_hopeful_with_one_long_series_or_one_of_zeros() -> None:
    one_long = panel([1, 2, 3, 4], [1, 2])
    one_of_zeros = panel([1, 2], [1, 2]).with_columns(y=pl.Series([1.0, 2.0, 0.0, 0.0]))

    check_hope(shelf_of(one_long), needed=4, season=1, file="f.csv")
    check_hope(shelf_of(one_of_zeros), needed=4, season=1, file="f.csv")
