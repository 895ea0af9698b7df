"""The service beside a bare route of FastAPI, one worker each, in one run: requests a second, waiting, memory.

Needs wrk (`apt install wrk`). A forecast has 24 points and two levels. Most is asked of a vintage of 1,000 series; then
one of a million is asked beside one of a hundred: one series again and again, and answers that nobody had before.

python -m bench.http [--seconds 5] [--large 1000000]
"""

import argparse
import itertools
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

import httpx2

from bench.load import ROUNDS, Load, in_turns, is_there, load, memory
from bench.vintages import CAUSE, HORIZON, published, series_id
from forecaster.adapters.open_vintage import open_vintage
from forecaster.adapters.vintage_pointer import VintagePointer

SMALL = 1000  # series: as many as one batch takes
TINY = 100  # series, beside the large vintage
PORTS = {"service": 8791, "bare": 8792, "second": 8793}
BARE = ["uvicorn", "bench.bare:app", "--log-level", "warning", "--no-access-log"]
QUERY = f"?horizon={HORIZON}&levels=80,95"
LEVELS = ("20", "40", "60", "80", "90", "95", "20,80", "40,80", "60,80", "80,95")


def main() -> None:
    """Print each measurement with its ratio."""
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=int, default=5, help="of each measurement")
    options.add_argument("--large", type=int, default=1_000_000, help="series of the large vintage")
    asked = options.parse_args()
    if not is_there():
        print("bench.http is left out: wrk is not installed (apt install wrk).")
        return
    with tempfile.TemporaryDirectory(prefix="sectorcast-bench-") as folder:
        _small(Path(folder), seconds=asked.seconds)
        _large(Path(folder), series=asked.large, seconds=asked.seconds)


def _small(folder: Path, *, seconds: int) -> None:
    """Everything on a small vintage."""
    home = folder / "small"
    published(home / "vintages", series=SMALL, name="v1")
    published(home / "vintages", series=SMALL, name="v2")
    path = f"/v1/forecasts/{series_id(7)}{QUERY}"
    with _service(home) as (url, _):
        answer = httpx2.get(url + path)
        size, tag = len(answer.content), answer.headers["etag"]
        with _running([*BARE, "--port", str(PORTS["bare"])], port=PORTS["bare"], env={"BENCH_BYTES": str(size)}):
            bare_url = f"http://127.0.0.1:{PORTS['bare']}"
            bare, one, known = in_turns(
                lambda _: load(bare_url, seconds=seconds, paths=[path]),
                lambda _: load(url, seconds=seconds, paths=[path]),
                lambda _: load(url, seconds=seconds, paths=[path], headers={"If-None-Match": tag}),
            )
        _tell(f"bare route of {size:,} bytes", bare)
        _tell("one series", one, f"{one.per_second / bare.per_second:.2f} of the bare route")
        _tell("one series, 304", known, f"{known.per_second / bare.per_second:.2f} of the bare route")
        _batches(url, seconds=seconds)
        _swaps(home, url, path=path, seconds=seconds)


def _batches(url: str, *, seconds: int) -> None:
    ids = [series_id(number) for number in range(SMALL)]
    # A horizon that nobody asked for before: each of these answers is made anew the first time.
    paths = [f"/v1/forecasts/{one}?horizon={horizon}" for horizon in range(1, HORIZON + 1) for one in ids]
    singles = load(url, seconds=seconds, paths=paths)
    body = json.dumps({"series": ids, "horizon": 12, "levels": [80, 95]})
    batch = load(url, seconds=seconds, paths=["/v1/forecasts:batch"], body=body)
    ratio = batch.per_second * len(ids) / singles.per_second
    _tell("different series one by one", singles)
    _tell(f"batches of {len(ids):,}", batch, f"{batch.per_second * len(ids):,.0f} series/s, {ratio:.1f} of one by one")


def _swaps(home: Path, url: str, *, path: str, seconds: int) -> None:
    pointer, done = VintagePointer(home / "vintages"), threading.Event()

    def swap() -> None:
        for turn in range(10**6):
            if done.wait(1.0):
                return
            pointer.move_to(f"v{1 + turn % 2}", cause=CAUSE)

    swapping = threading.Thread(target=swap)
    swapping.start()
    found = load(url, seconds=max(seconds, 10), paths=[path])
    done.set()
    swapping.join()
    _tell("vintages swapped every second", found, f"p99 over p50: {found.p99 / found.p50:.1f}, failed: {found.failed}")


def _large(folder: Path, *, series: int, seconds: int) -> None:
    """A large vintage beside a tiny one."""
    homes = {TINY: folder / "tiny", series: folder / "large"}
    for count, home in homes.items():
        published(home / "vintages", series=count, name="v1")
    began = time.perf_counter()
    open_vintage(homes[series] / "vintages" / "v1")
    opened = time.perf_counter() - began
    with _service(homes[TINY]) as (tiny, _), _service(homes[series], port=PORTS["second"]) as (large, _):
        one = [f"/v1/forecasts/{series_id(7)}{QUERY}"]
        few, many = in_turns(
            lambda _: load(tiny, seconds=seconds, paths=one), lambda _: load(large, seconds=seconds, paths=one)
        )
        _tell_beside("one series", few, many, series=series)
        few, many = in_turns(
            lambda turn: load(tiny, seconds=seconds, paths=_different(TINY)[turn::ROUNDS]),
            lambda turn: load(large, seconds=seconds, paths=_different(series)[turn::ROUNDS]),
        )
        _tell_beside("different ones", few, many, series=series)
    with _service(homes[series]) as (url, first), _service(homes[series], port=PORTS["second"]) as (other, second):
        for worker in (url, other):
            load(worker, seconds=seconds, paths=_different(series))
        sizes = [memory(pid) for pid in (first, second)]
    print(f"opened in {opened:.2f} s; two workers: " + ", ".join(f"RSS {r:,.0f} MB, PSS {p:,.0f} MB" for r, p in sizes))


def _tell_beside(what: str, few: Load, many: Load, *, series: int) -> None:
    _tell(f"{what} of {TINY}", few)
    _tell(f"{what} of {series:,}", many, f"{many.per_second / few.per_second:.2f} of the small one")


def _different(series: int) -> list[str]:
    """Questions of which none comes twice while one measures, spread over a vintage of so many series."""
    numbers = range(0, series, max(1, series // TINY))
    asked = itertools.product(range(1, HORIZON + 1), LEVELS, numbers)
    return [f"/v1/forecasts/{series_id(number)}?horizon={horizon}&levels={levels}" for horizon, levels, number in asked]


@contextmanager
def _service(home: Path, *, port: int = PORTS["service"]) -> Iterator[tuple[str, int]]:
    env = {"SECTORCAST_HOME": str(home), "SECTORCAST_PORT": str(port)}
    with _running(["forecaster", "serve"], port=port, env=env) as pid:
        yield f"http://127.0.0.1:{port}", pid


@contextmanager
def _running(module: list[str], *, port: int, env: Mapping[str, str]) -> Iterator[int]:
    """A server as a process of its own, ready to answer."""
    command = [sys.executable, "-m", *module]
    with tempfile.TemporaryFile() as log, Popen(command, env={**os.environ, **env}, stdout=log, stderr=log) as process:  # noqa: S603  # ours
        try:
            _wait(port)
            yield process.pid
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            httpx2.get(f"http://127.0.0.1:{port}/v1/forecasts/{series_id(7)}").raise_for_status()
        except httpx2.HTTPError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(f"nothing answers on port {port}")


def _tell(name: str, found: Load, more: str = "") -> None:
    print(f"{name:38} {found.per_second:9,.0f}/s  p50 {found.p50:6.1f} ms  p99 {found.p99:6.1f} ms  {more}", flush=True)


if __name__ == "__main__":
    main()
