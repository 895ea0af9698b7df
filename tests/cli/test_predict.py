"""`sectorcast predict` on a panel of one's own, with the real engine."""

import math
import subprocess
import sys
from pathlib import Path

import polars as pl


def predict(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "forecaster", "predict", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


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
