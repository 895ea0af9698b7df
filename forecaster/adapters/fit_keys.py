"""What a fit is known by: a hash of all that decides on its numbers, and of nothing else."""

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from forecaster.domain.experiment import Candidate
from forecaster.domain.method import fit_of

KEY_BYTES = 32
FLOAT_BYTES = 8

Makers = tuple[tuple[str, str], ...]
"""What computes, by name."""

PACKAGES = (
    *("statsforecast", "coreforecast", "utilsforecast", "statsmodels", "scikit-learn"),
    *("numpy", "scipy", "numba", "llvmlite", "pandas", "polars"),
)
"""Whose versions may move the last digit of a forecast."""

SOURCES = (
    *("adapters.statsforecast_fits", "adapters.statsforecast_regressors"),
    *("domain.adjustment", "domain.kinds", "domain.experiment"),
)
"""Modules of ours that decide on a forecast: each counts as it is written."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A series and a cutoff, and what its training rows are known by."""

    unique_id: str
    cutoff: date
    last: date  # the last month up to the cutoff
    figures: bytes  # of the rows' values alone: that is all that most models see
    given: bytes  # of the rows' months and the regressors too


def pairs_of(panel: pl.DataFrame, *, cutoffs: pl.DataFrame, regressors: pl.DataFrame | None) -> list[Pair]:
    """Every pair of a series and a cutoff, hashed in one pass over each series.

    In few steps of Polars: each gives up the interpreter's lock, which is dear while another thread imports.

    Args:
        panel: unique_id, ds, y; months of a series consecutive.
        cutoffs: unique_id, cutoff.
        regressors: as `Engine.predict` takes them.

    Returns:
        One for each cutoff that has a row up to it, by unique_id and cutoff.
    """
    wanted = cutoffs.select("unique_id", "cutoff").sort("unique_id", "cutoff")
    rows = panel.select("unique_id", "ds", pl.col("y").cast(pl.Float64)).join(wanted, on="unique_id", how="semi")
    rows = rows.sort("unique_id", "ds").with_row_index("at")
    spans = rows.group_by("unique_id").agg(start=pl.col("at").min())
    reached = wanted.join_asof(rows, left_on="cutoff", right_on="ds", by="unique_id", check_sortedness=False)
    placed = reached.drop_nulls("ds").join(spans, on="unique_id", maintain_order="left")
    months, figures = rows["ds"].to_list(), rows["y"].to_numpy().tobytes()
    return list(_hashed(placed, months=months, figures=figures, columns=_of_columns(regressors)))


def key_of(pair: Pair, *, candidate: Candidate, terms: bytes) -> bytes:
    """The key of one fit.

    Args:
        pair: what it is fitted to.
        candidate: what is fitted.
        terms: as `terms_of` gave them for this candidate.
    """
    return blake2b(terms + (pair.given if candidate.regressors else pair.figures), digest_size=KEY_BYTES).digest()


def terms_of(candidate: Candidate, *, horizon: int, makers: Makers | None = None) -> bytes:
    """What decides on a candidate's forecasts besides the series: itself under any name, how far, and what computes."""
    told = sorted({**asdict(fit_of(candidate)), "settings": sorted(candidate.settings.items())}.items())
    return blake2b(repr((told, horizon, makers or makers_here())).encode(), digest_size=KEY_BYTES).digest()


@cache
def makers_here() -> Makers:
    """What computes, by name: interpreter, processor, packages, our own code."""
    machine = {
        "python": platform.python_version(),
        "system": " ".join((platform.system(), platform.machine(), *platform.libc_ver())),
        "processor": _processor(),
    }
    sources = {name: blake2b(_source(name), digest_size=KEY_BYTES).hexdigest() for name in SOURCES}
    return tuple({**machine, **{name: _version(name) for name in PACKAGES}, **sources}.items())


def _hashed(
    placed: pl.DataFrame, *, months: Sequence[date], figures: bytes, columns: Mapping[tuple[str, date], bytes]
) -> Iterator[Pair]:
    """Each cutoff (unique_id, cutoff, start and at: places of its first and last row), with what it is known by."""
    of, known, done = None, blake2b(digest_size=KEY_BYTES), 0
    for unique_id, cutoff, start, last in placed.select("unique_id", "cutoff", "start", "at").iter_rows():
        if unique_id != of:
            of, known, done = unique_id, blake2b(digest_size=KEY_BYTES), start
        known.update(figures[FLOAT_BYTES * done : FLOAT_BYTES * (last + 1)])
        done = last + 1
        digest = known.digest()
        shown = columns.get((unique_id, cutoff), b"")
        span = f"{months[start]} {months[last]} {done - start} ".encode()
        yield Pair(unique_id, cutoff, months[last], digest, span + digest + shown)


def _of_columns(regressors: pl.DataFrame | None) -> dict[tuple[str, date], bytes]:
    """A hash of what each pair is given: names, months and values, where there is none too."""
    if regressors is None:
        return {}
    found: dict[tuple[str, date], bytes] = {}
    rows = regressors.sort("unique_id", "cutoff", "name", "ds")
    for (name, cutoff), part in rows.partition_by("unique_id", "cutoff", as_dict=True, maintain_order=True).items():
        values = part["value"]
        hashed = blake2b("\0".join(part["name"]).encode(), digest_size=KEY_BYTES)
        hashed.update(part["ds"].to_physical().to_numpy().tobytes())
        hashed.update(values.is_null().to_numpy().tobytes())
        hashed.update(values.fill_null(0.0).to_numpy().tobytes())
        found[name, cutoff] = hashed.digest()
    return found


def _processor() -> str:
    """Model and abilities: vendors choose their code by them, and sums in another order differ in the last digit."""
    told = Path("/proc/cpuinfo")
    if not told.exists():
        return platform.processor()
    lines = told.read_text(encoding="utf-8", errors="replace").split("\n\n")[0].splitlines()
    wanted = ("vendor_id", "cpu family", "model", "model name", "flags", "Features", "CPU ")
    return " ".join(line for line in lines if line.startswith(wanted))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # an optional one of the vendor's
        return "none"


def _source(module: str) -> bytes:
    spec = find_spec(f"forecaster.{module}")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"forecaster.{module}: kept fits are known by its text")
    return Path(spec.origin).read_bytes()
