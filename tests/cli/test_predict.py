"""`sectorcast predict` on a panel of one's own, with the real engine."""

import math
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

pytestmark = pytest.mark.long


def predict(*words: str) -> subprocess.CompletedProcess[str]:
    """Carried out with one process for the fits: each takes 6 s of CPU to come up."""
    command = [sys.executable, "-m", "forecaster", "predict", *words]
    environment = {**os.environ, "SECTORCAST_WORKERS": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def written(folder: Path, *, months: int) -> Path:
    rows = []
    for name, level in (("north", 100), ("south", 300)):
        for at in range(months):
            value = level + at + 20 * math.sin(at / 12 * 2 * math.pi) + (at * 7) % 5
            rows.append(f"{name},{2018 + at // 12}-{at % 12 + 1:02}-01,{value}")
    file = folder / "panel.csv"
    file.write_text("unique_id,ds,y\n" + "\n".join(rows) + "\n")
    return file


def test_every_series_is_forecast_with_quantiles_in_order(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"

    ended = predict(str(written(tmp_path, months=72)), "-o", str(out), "--horizon", "6")

    assert ended.returncode == 0, ended.stderr
    found = pl.read_csv(out)
    assert found.columns[:6] == ["unique_id", "ds", "step", "mean", "q2_5", "q5"]
    assert found.filter(unique_id="south")["ds"].to_list()[:2] == ["2024-01-01", "2024-02-01"]
    quantiles = found.select(pl.col("^q.*$")).rows()
    assert all(list(row) == sorted(row) for row in quantiles)


def test_series_too_short_for_an_interval_are_refused(tmp_path: Path) -> None:
    ended = predict(str(written(tmp_path, months=14)), "-o", str(tmp_path / "out.csv"), "--horizon", "6")

    assert ended.returncode == 2
    assert "no interval can be told" in ended.stderr


ODD = {
    "zero": [0.0] * 60,
    "few_zeros": [0.0] * 3,
    "constant": [7.0] * 60,
    "lumpy": [0.0, 0.0, 5.0, 0.0, 8.0, 0.0] * 10,
    "negative": [-50.0 - at % 7 for at in range(60)],
    "around_zero": [float(at * 37 % 41 - 20) for at in range(60)],
    "one": [12.5],
    "five": [3.0, 4.0, 3.0, 5.0, 6.0],
    "ten": [3.0, 4.0, 3.0, 5.0, 6.0, 5.0, 7.0, 8.0, 6.0, 7.0],
    "year_and_a_half": [5.0 + at * 5 % 7 for at in range(18)],
    "repeated": [10.0 + at % 12 for at in range(60)],
    "opened": [0.0] * 40 + [50.0 + at * 5 % 9 for at in range(20)],
    "ended": [50.0 + at * 5 % 9 for at in range(40)] + [0.0] * 24,
    "spike": [0.0] * 59 + [1e6],
    "doubling": [2.0 ** (at / 3) for at in range(40)],
}


@pytest.mark.parametrize("profile", ["fast", "standard"])
def test_series_of_every_kind_in_one_file_are_each_forecast(tmp_path: Path, profile: str) -> None:
    file, out = written(tmp_path, months=72), tmp_path / "out.csv"
    with file.open("a") as more:
        for name, values in ODD.items():
            more.writelines(f"{name},{2018 + at // 12}-{at % 12 + 1:02}-01,{y}\n" for at, y in enumerate(values))

    ended = predict(str(file), "-o", str(out), "--horizon", "14", "--profile", profile)

    assert ended.returncode == 0, ended.stderr
    found = pl.read_csv(out, schema_overrides=dict.fromkeys(["mean", "q2_5"], pl.Float64))
    assert set(found["unique_id"]) == {"north", "south", *ODD}
    assert found.height == 14 * (2 + len(ODD))
    quantiles = [name for name in found.columns if name.startswith("q")]
    assert found.select(pl.all_horizontal(pl.col("mean", *quantiles).is_finite()).all()).item()
    assert all(list(row) == sorted(row) for row in found.select(quantiles).rows())
    zeros = found.filter(pl.col("unique_id").is_in(["zero", "few_zeros"]))
    assert zeros.select("mean", *quantiles).unique().rows() == [(0.0,) * (1 + len(quantiles))]
    for name, values in ODD.items():
        largest = max(abs(y) for y in values)
        means = found.filter(unique_id=name)["mean"]
        assert means.abs().max() <= 20 * largest, name
        assert min(values) < 0 or means.min() >= 0, name
    assert "so that intervals have no width: constant, few_zeros, zero" in ended.stderr
    assert "series too short or too regular for the usual scale of errors" in ended.stderr


def test_a_series_whose_interval_nobody_can_tell_is_named_and_costs_no_other(tmp_path: Path) -> None:
    file, out = tmp_path / "panel.csv", tmp_path / "out.csv"
    rows = [
        f"{name},{2018 + at // 12}-{at % 12 + 1:02}-01,{y}" for name, y in (("still", 0), ("few", 5)) for at in range(9)
    ]
    file.write_text("unique_id,ds,y\n" + "\n".join(rows) + "\n")

    ended = predict(str(file), "-o", str(out), "--horizon", "3")

    assert ended.returncode == 0, ended.stderr
    assert pl.read_csv(out).select("unique_id", "mean", "q97_5").rows() == [("still", 0.0, 0.0)] * 3
    assert (
        "1 series without a forecast, since too short for an interval or since every model failed: few" in ended.stderr
    )


def test_dates_that_do_not_begin_with_the_year_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "panel.csv"
    file.write_text("unique_id,ds,y\n" + "".join(f"a,{month:02}/01/2024,{month}\n" for month in range(1, 13)))

    ended = predict(str(file), "-o", str(tmp_path / "out.csv"), "--horizon", "6")

    assert ended.returncode == 2
    assert "series a has a ds that is missing or no date" in ended.stderr


def test_an_unknown_profile_is_refused(tmp_path: Path) -> None:
    ended = predict(str(written(tmp_path, months=14)), "-o", "x.csv", "--horizon", "6", "--profile", "fsat")

    assert ended.returncode == 2
    assert "fast, standard, best" in ended.stderr


def test_a_panel_too_small_for_best_gets_the_forecasts_of_standard_and_is_told(tmp_path: Path) -> None:
    file = str(written(tmp_path, months=42))
    outs = {profile: tmp_path / f"{profile}.csv" for profile in ("standard", "best")}

    ended = {
        profile: predict(file, "-o", str(out), "--horizon", "6", "--profile", profile) for profile, out in outs.items()
    }

    assert ended["best"].returncode == 0, ended["best"].stderr
    assert "nothing is corrected: 2 of 2 series are long enough to learn from, and it needs 200" in ended["best"].stderr
    assert "nothing is corrected" not in ended["standard"].stderr
    assert outs["best"].read_text() == outs["standard"].read_text()


@pytest.mark.parametrize(
    ("out", "why"),
    [
        ("out.xlsx", "ends in neither .csv nor .parquet"),
        ("out", "ends in neither .csv nor .parquet"),
        ("folder.csv", "is a folder; name a file in it"),
        ("panel.csv", "is the panel itself, which would be lost"),
        ("nowhere/out.csv", "is not there"),
    ],
)
def test_a_place_that_forecasts_should_not_go_to_is_refused_before_any_is_made(
    tmp_path: Path, out: str, why: str
) -> None:
    (tmp_path / "folder.csv").mkdir()
    file = written(tmp_path, months=72)
    before = file.read_bytes()

    ended = predict(str(file), "-o", str(tmp_path / out), "--horizon", "2")

    assert ended.returncode == 2
    assert why in ended.stderr
    assert "series 1" not in ended.stderr  # nothing was fitted
    assert file.read_bytes() == before


def test_forecasts_may_go_into_a_pipe_and_nothing_else_does(tmp_path: Path) -> None:
    ended = predict(str(written(tmp_path, months=72)), "-o", "/dev/stdout", "--horizon", "2")

    assert ended.returncode == 0, ended.stderr
    assert pl.read_csv(ended.stdout.encode())["unique_id"].to_list() == ["north", "north", "south", "south"]
    assert "2 series, 2 periods each" in ended.stderr


def test_a_link_is_followed_to_the_file_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to(tmp_path / "out.csv")

    ended = predict(str(written(tmp_path, months=72)), "-o", str(tmp_path / "latest"), "--horizon", "2")

    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "latest").is_symlink()
    assert pl.read_csv(tmp_path / "out.csv").height == 4


def test_a_link_to_parquet_is_written_as_parquet(tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to(tmp_path / "out.parquet")

    ended = predict(str(written(tmp_path, months=72)), "-o", str(tmp_path / "latest"), "--horizon", "2")

    assert ended.returncode == 0, ended.stderr
    assert pl.read_parquet(tmp_path / "out.parquet").height == 4


def test_a_file_with_another_separator_is_told_so_whatever_its_lines_hold(tmp_path: Path) -> None:
    file = tmp_path / "panel.csv"
    file.write_text("unique_id;ds;y\na;2024-01-01;1,5\na;2024-02-01;2,5\n", encoding="utf-8")

    ended = predict(str(file), "-o", str(tmp_path / "out.csv"), "--horizon", "2")

    assert ended.returncode == 2
    assert "with commas between: its first line is 'unique_id;ds;y'" in ended.stderr
