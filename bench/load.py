"""Load by wrk (https://github.com/wg/wrk, packaged by Debian): requests a second, and how long each takes."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

CONNECTIONS = 16
ROUNDS = 3
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it."""

    per_second: float
    p50: float  # ms
    p99: float  # ms
    failed: int  # answers of 400 and above, and connections that broke


def is_there() -> bool:
    """Whether wrk is installed."""
    return shutil.which("wrk") is not None


def load(
    url: str,
    *,
    seconds: int,
    paths: Sequence[str],
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
) -> Load:
    """Ask for addresses in turn over CONNECTIONS connections from one thread.

    Args:
        url: of the server.
        seconds: how long.
        paths: asked for one after the other, over again.
        headers: of each request.
        body: makes each a POST of JSON.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_script(paths, headers=headers or {}, body=body))
        script.flush()
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "--timeout", "30", "--latency", "-s", script.name]
        told = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout  # noqa: S603  # ours
    return _read(told)


def in_turns(*asked: Callable[[int], Load]) -> list[Load]:
    """Some loads beside each other: each in turn, ROUNDS times over, since a shared machine's speed drifts.

    Args:
        asked: each makes its load of a round, the number of which it is told.

    Returns:
        Of each, the medians over its rounds, and every failure.
    """
    rounds = [[make(turn) for make in asked] for turn in range(ROUNDS)]
    return [_middle(found) for found in zip(*rounds, strict=True)]


def _middle(found: Sequence[Load]) -> Load:
    rate, p50, p99 = (median(getattr(one, name) for one in found) for name in ("per_second", "p50", "p99"))
    return Load(rate, p50, p99, sum(one.failed for one in found))


def _script(paths: Sequence[str], *, headers: Mapping[str, str], body: str | None) -> str:
    listed = ", ".join(f"'{path}'" for path in paths)
    method = f"wrk.method = 'POST'\nwrk.body = [[{body}]]\n" if body is not None else ""
    told = {**headers, **({"Content-Type": "application/json"} if body is not None else {})}
    named = "".join(f"wrk.headers['{name}'] = '{value}'\n" for name, value in told.items())
    turn = "at = at % #paths + 1\n return wrk.format(nil, paths[at])"
    return f"{method}{named}paths = {{{listed}}}\nat = 0\nrequest = function()\n {turn}\nend\n"


def _read(told: str) -> Load:
    errors = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", told)
    failed = sum(int(count) for found in (errors, broken) if found for count in found.groups())
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    if rate is None:
        raise ValueError(f"wrk said nothing of its rate: {told}")
    return Load(float(rate.group(1)), _quantile(told, "50%"), _quantile(told, "99%"), failed)


def _quantile(told: str, name: str) -> float:
    found = re.search(rf"^\s*{name}\s+([\d.]+)(us|ms|s)\s*$", told, flags=re.MULTILINE)
    return float(found.group(1)) * UNITS[found.group(2)] if found else float("nan")


def memory(pid: int) -> tuple[float, float]:
    """Resident and proportional memory of a process, MB: pages shared by n processes count a n-th in the latter."""
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    sizes = {row.split(":")[0]: int(row.split()[1]) / 1024 for row in rows[1:]}
    return sizes["Rss"], sizes["Pss"]
