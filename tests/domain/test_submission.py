"""Rows restated as reports."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from forecaster.domain.submission import NUMBERED, restate
from tests.catalogues import catalogue
from tests.submissions import NOW, row, rows


def restated(*given: dict[str, str | None]) -> pl.DataFrame:
    found = restate(rows(*given), catalogue=catalogue(), now=NOW)
    assert found.problems == ()
    return found.reports


def test_a_row_becomes_a_report_as_it_stands() -> None:
    found = restated(row(value="140.9", unit="10k vehicles", url="https://bureau.example/1", status="Preliminary"))

    assert found.schema == NUMBERED
    (report,) = found.to_dicts()
    assert (report["series_id"], report["basis"], report["kind"]) == ("ev.production.CN", "month", "value")
    assert (report["period_start"], report["period_end"]) == (date(2026, 8, 1), date(2026, 8, 31))
    assert (report["value"], report["unit"]) == (140.9, "10k vehicles")
    assert report["released_at"] == datetime(2026, 9, 15, 23, 59, 59, tzinfo=UTC)
    assert (report["released_assumed"], report["status"], report["url"]) == (
        False,
        "preliminary",
        "https://bureau.example/1",
    )


def test_a_growth_rate_beside_a_value_is_a_report_of_its_own() -> None:
    found = restated(row(growth="-12.5"))

    assert found.select("kind", "value", "unit").rows() == [("growth", -12.5, "%"), ("value", 1_409_000.0, "vehicles")]


def test_a_row_may_state_growth_alone() -> None:
    assert restated(row(value=None, growth="3"))["kind"].to_list() == ["growth"]
    assert restated(row(value="3", kind="growth", unit="%"))["kind"].to_list() == ["growth"]


def test_a_missing_release_is_the_end_of_the_span_and_the_usual_lag() -> None:
    found = restated(row(period_start="2026-06", period_end="2026-06", released_at=None))

    assert found["released_at"].item() == datetime(2026, 7, 16, 23, 59, 59, tzinfo=UTC)
    assert found["released_assumed"].item()


def test_a_figure_taken_in_before_its_usual_release_is_known_at_once() -> None:
    early = datetime(2026, 9, 3, tzinfo=UTC)

    found = restate(rows(row(released_at=None)), catalogue=catalogue(), now=early).reports

    assert found["released_at"].item() == early


@pytest.mark.parametrize("note", [None, "by telephone"])
def test_a_release_without_its_day_says_so(note: str | None) -> None:
    found = restated(row(released_at="2026-09", note=note))

    assert found["released_assumed"].item()
    assert found["note"].item() == " ".join(filter(None, [note, "Published in 2026-09, day not stated."]))


def test_the_same_figure_is_the_same_report_whenever_it_is_taken_in() -> None:
    undated = rows(row(released_at=None), row(released_at="2026-09-20"), row(released_at="2026-09"))
    later = datetime(2026, 9, 20, 20, tzinfo=UTC)

    first = restate(undated, catalogue=catalogue(), now=NOW).reports
    again = restate(undated, catalogue=catalogue(), now=later).reports

    assert sorted(first["report_id"]) == sorted(again["report_id"])
    assert first["report_id"].n_unique() == 3
