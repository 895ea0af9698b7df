"""Realised accuracy out of published vintages."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from forecaster.adapters.open_vintage import OpenVintage
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.domain.vintage import Vintage
from forecaster.monitoring import Against, figures
from tests.catalogues import catalogue
from tests.looking_back import LATER, SOON, known_later
from tests.vintages import EV, LFP, issue, tiny_vintage

OLD = "2026-09-16T02-00-11Z-7f3a"


def looked_back(root: Path, *vintages: Vintage, against: Against = "latest") -> pl.DataFrame:
    store = PublishedVintages(root)
    for vintage in vintages:
        store.publish(vintage)
    opened: Sequence[OpenVintage] = store.opened(store.published())
    return figures(opened, current=store.current(), catalogue=catalogue(), against=against)


def test_forecasts_are_held_against_the_figures_that_came_since(tmp_path: Path) -> None:
    found = looked_back(tmp_path, tiny_vintage(), known_later())

    columns = ("unique_id", "vintage", "block_end", "step", "y", "y_hat")
    assert found.select(columns).rows() == [
        (EV, OLD, date(2026, 9, 1), 1, 1_600_000.0, pytest.approx(1_515_000.0)),
        (EV, OLD, date(2026, 10, 1), 2, 1_700_000.0, pytest.approx(1_530_000.0)),
    ]


def test_first_prints_are_those_before_a_revision(tmp_path: Path) -> None:
    latest = looked_back(tmp_path / "latest", tiny_vintage(), known_later())
    first = looked_back(tmp_path / "first", tiny_vintage(), known_later(), against="first")

    assert latest["y"].to_list() == [1_600_000.0, 1_700_000.0]
    assert first["y"].to_list() == [1_550_000.0, 1_700_000.0]


def test_nothing_has_come_of_what_was_just_issued(tmp_path: Path) -> None:
    assert looked_back(tmp_path, tiny_vintage()).is_empty()
    assert looked_back(tmp_path / "first", tiny_vintage(), against="first").is_empty()


def test_forecasts_of_a_sector_that_was_carried_over_count_once(tmp_path: Path) -> None:
    carried = replace(tiny_vintage(SOON), issue=replace(issue(SOON), carried={"ev": issue(OLD)}))

    found = looked_back(tmp_path, tiny_vintage(), carried, known_later())
    without_origin = looked_back(tmp_path / "gone", carried, known_later())

    assert found["vintage"].unique().to_list() == [OLD]
    assert without_origin["vintage"].unique().to_list() == [SOON]


def test_what_was_never_in_service_is_not_looked_back_at(tmp_path: Path) -> None:
    store = PublishedVintages(tmp_path)
    store.publish(tiny_vintage())
    store.refuse(tiny_vintage(SOON), keep=True)
    store.publish(known_later())

    assert [one.vintage_id for one in store.published()] == [LATER, OLD]
    assert len(store.issues()) == 3
    assert LFP in store.current().series["series_id"].to_list()
    assert store.published()[0].issued_at > datetime(2026, 9, 16, tzinfo=UTC)
