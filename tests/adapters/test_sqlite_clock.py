import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import Engine, create_engine, event, text

from forecaster.adapters.sqlite_clock import SINCE, give_sqlite_a_clock, teach


def test_sqlite_tells_the_time_to_the_fraction_of_a_second_whatever_its_age() -> None:
    give_sqlite_a_clock()
    engine = create_engine("sqlite://")

    with engine.connect() as connection:
        told = connection.execute(text("SELECT unixepoch('subsec'), CAST(strftime('%s', 'now') AS INTEGER)")).one()
    engine.dispose()

    assert abs(told[0] - told[1]) < 60


def test_a_default_of_a_column_may_ask_for_it() -> None:
    give_sqlite_a_clock()
    engine = create_engine("sqlite://")

    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a, at INTEGER NOT NULL DEFAULT (unixepoch('subsec') * 1000))"))
        connection.execute(text("INSERT INTO t (a) VALUES (1)"))
        stored = connection.execute(text("SELECT at FROM t")).scalar_one()
    engine.dispose()

    assert stored > 1_000_000_000_000


@pytest.fixture
def taught() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        teach(connection)
        yield connection


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("'2024-02-29'", 1_709_164_800),
        ("'2024-02-29', '+1 day'", 1_709_251_200),
        ("1709164800, 'unixepoch'", 1_709_164_800),
        ("'no day'", None),
        ("NULL", None),
    ],
)
def test_what_else_is_asked_of_the_function_is_answered_as_sqlite_does(
    taught: sqlite3.Connection, asked: str, answer: int | None
) -> None:
    assert taught.execute(f"SELECT unixepoch({asked})").fetchone() == (answer,)


def test_a_library_with_a_clock_of_its_own_is_left_alone() -> None:
    give_sqlite_a_clock()

    assert event.contains(Engine, "connect", teach) is (sqlite3.sqlite_version_info < SINCE)
