"""What a run computes with."""

import platform

import polars as pl

from forecaster.adapters.environment import environment


def test_it_names_interpreter_packages_and_cores() -> None:
    found = environment(workers=3)

    assert found["python"] == platform.python_version()
    assert found["polars"] == pl.__version__
    assert int(found["cores"]) >= 1
    assert found["workers"] == "3"
    assert platform.node() not in found.values()
