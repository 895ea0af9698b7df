from sqlalchemy import create_engine, text

from forecaster.adapters.sqlite_clock import give_sqlite_a_clock


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
