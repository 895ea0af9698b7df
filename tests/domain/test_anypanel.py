"""Anybody's panel, checked and given back under its own dates."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from forecaster.domain.anypanel import with_own_dates
from forecaster.domain.errors import BadPanel
from forecaster.domain.panel_rows import LONGEST
from forecaster.domain.shelf import HeldShelf
from forecaster.domain.shelved_panel import ShelvedPanel, shelved

DAYS: list[object] = [date(2024, 1, day) for day in range(1, 32)]


def hour(at: float, *, day: int = 1) -> datetime:
    return datetime(2024, 1, day) + timedelta(hours=at)  # noqa: DTZ001  # panels have no zone


def panel(ds: list[object], *, y: list[float] | None = None, names: list[str] | None = None) -> pl.DataFrame:
    return pl.DataFrame({"unique_id": names or ["a"] * len(ds), "ds": ds, "y": y or [float(k) for k in range(len(ds))]})


def shelf_of(frame: pl.DataFrame) -> ShelvedPanel:
    return shelved([frame], shelf=HeldShelf(), file="f.csv")


def ahead(frame: pl.DataFrame, *, steps: int = 2) -> list[object]:
    shelf = shelf_of(frame)
    taken = next(shelf.batches(weight=0))
    first = taken.names["unique_id"][0]
    forecasts = pl.DataFrame({"unique_id": [first] * steps, "step": range(1, steps + 1), "mean": [1.0] * steps})
    return with_own_dates(forecasts.join(taken.names, on="unique_id"), form=shelf.form)["ds"].to_list()


@pytest.mark.parametrize(
    ("ds", "expected"),
    [
        ([date(2024, 10, 1), date(2024, 11, 1), date(2024, 12, 1)], [date(2025, 1, 1), date(2025, 2, 1)]),
        ([date(2024, 3, 31), date(2024, 6, 30), date(2024, 9, 30)], [date(2024, 12, 31), date(2025, 3, 31)]),
        ([date(2024, 1, 1), date(2024, 1, 8), date(2024, 1, 15)], [date(2024, 1, 22), date(2024, 1, 29)]),
        ([1, 2, 3], [4, 5]),
        (["2024-10-01", "2024-11-01", "2024-12-01"], [date(2025, 1, 1), date(2025, 2, 1)]),
        ([date(2022, 1, 1), date(2023, 1, 1), date(2024, 1, 1)], [date(2025, 1, 1), date(2026, 1, 1)]),
        ([date(2024, 1, 29), date(2024, 1, 30), date(2024, 1, 31)], [date(2024, 2, 1), date(2024, 2, 2)]),
        ([hour(21), hour(22), hour(23)], [hour(24), hour(25)]),
        ([hour(0, day=31), hour(1, day=31)], [hour(2, day=31), hour(3, day=31)]),
        ([hour(0), hour(0.25)], [hour(0.5), hour(0.75)]),
        (["2024-01-01 22:00", "2024-01-01 23:00"], [hour(24), hour(25)]),
        ([hour(12), hour(12 + 31 * 24)], [hour(12 + 60 * 24), hour(12 + 91 * 24)]),
        (
            [datetime(2024, 3, 31, hour, tzinfo=UTC) for hour in (0, 1)],
            [datetime(2024, 3, 31, hour, tzinfo=UTC) for hour in (2, 3)],
        ),
        ([date(2024, 1, 1)], [date(2024, 2, 1), date(2024, 3, 1)]),
    ],
)
def test_forecasts_go_on_in_the_steps_of_the_panel(ds: list[object], expected: list[object]) -> None:
    assert ahead(panel(ds)) == expected


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (panel([1, 2, 4, 5, 6]), "series a has a hole before 4"),
        (
            panel([hour(0), hour(1), hour(2), hour(4)]),
            "a hole before 2024-01-01 04:00:00: .* follow each other by 1:00:00",
        ),
        (panel(DAYS[:3] + DAYS[4:]), "a hole before 2024-01-05: .* by 1 day. Fill"),
        (panel([DAYS[0], DAYS[7], DAYS[21], DAYS[28]]), "a hole before 2024-01-22: .* by 7 days"),
        (panel([date(2024, 1, 1), date(2024, 2, 1), date(2024, 4, 1), date(2024, 5, 1)]), "2024-04-01: .* by 1 month"),
        (panel([date(2023, 3, 31), date(2023, 6, 30), date(2023, 12, 31)]), "2023-12-31: .* by 3 months"),
        (panel([hour(0), hour(0), hour(1)]), "two rows for one ds"),
        (panel([0, 1, 0, 2], names=["a", "a", "b", "b"]), "series b has a hole before 2"),
        (panel(list(range(LONGEST + 1))), "over 90,000"),
        (panel([1, 2, 2]), "two rows for one ds"),
        (panel([1, 2, 3], y=[1.0, float("nan"), 2.0]), "no finite number"),
        (panel(["x", "y"]), "missing or no date"),
        (panel(["01/01/2024", "02/01/2024", "03/01/2024"]), "missing or no date"),
        (panel([1.5, 2.5]), "must be dates"),
        (panel([1, 2]).drop("y"), "has no column y"),
        (panel([]).cast({"ds": pl.Int64}), "has no rows"),
    ],
)
def test_what_cannot_be_used_is_refused_naming_series_and_place(frame: pl.DataFrame, told: str) -> None:
    with pytest.raises(BadPanel, match=told):
        shelf_of(frame)


def test_names_are_given_back_whatever_they_look_like() -> None:
    frame = panel([1, 2, 1, 2], names=["x.y@z", "x.y@z", "b", "b"])

    taken = next(shelf_of(frame).batches(weight=0))

    assert sorted(taken.names["name"]) == ["b", "x.y@z"]
    assert taken.panel["unique_id"].n_unique() == 2
