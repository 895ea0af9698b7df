"""Releases taken in by a process of their own, which is handed an open file."""

import subprocess
from collections.abc import Mapping, Sequence
from functools import partial
from typing import IO, Any

import orjson
from anyio import CapacityLimiter, to_thread

from forecaster.domain import errors
from forecaster.domain.errors import ForecasterError, IntakeFailed, LineProblem

AT_ONCE = 2  # further releases wait, without a thread
LAST = 300  # characters of what a failing process said
TELLABLE: tuple[type[ForecasterError], ...] = (
    errors.BadParameter,
    errors.BadReportFile,
    errors.RefusedRelease,
    errors.StoreConflict,
    errors.PlaceUnusable,
    errors.BadCatalogue,
    errors.BadSetting,
)


class IntakeProcess:
    """Runs `sectorcast intake` for each release."""

    def __init__(
        self, command: Sequence[str], *, seconds: float = 900, environ: Mapping[str, str] | None = None
    ) -> None:
        """Nothing is started yet.

        Args:
            command: what to run, without options.
            seconds: a process that takes longer is killed.
            environ: its variables; those of this process by default.
        """
        self._command, self._seconds = tuple(command), seconds
        self._environ = None if environ is None else dict(environ)
        self._limiter: CapacityLimiter | None = None

    async def take(self, file: IO[bytes], *, content: str, options: Mapping[str, str], dry_run: bool) -> dict[str, Any]:
        """What became of a release.

        Args:
            file: open, with a descriptor, at any place.
            content: csv, xlsx, parquet or json, as its sender says.
            options: source, released, layout or period, where they are said beside the file.
            dry_run: store nothing.

        Raises:
            BadReportFile: it can't be read.
            RefusedRelease: a line is in error; nothing was stored.
            StoreConflict: other writers kept winning.
            PlaceUnusable: the store or the folder of temporary files is out of reach.
            IntakeFailed: the process was killed, or broke down.
        """
        # `--name=value`: a value that begins with a dash is no option.
        said = [f"--{name}={value}" for name, value in {"content": content, **options}.items()]
        arguments = [*self._command, *said, *(["--dry-run"] if dry_run else [])]
        self._limiter = self._limiter or CapacityLimiter(AT_ONCE)  # it belongs to a running loop
        file.seek(0)
        return await to_thread.run_sync(partial(self._run, arguments, file), limiter=self._limiter)

    def _run(self, arguments: Sequence[str], file: IO[bytes]) -> dict[str, Any]:
        try:
            ended = subprocess.run(  # noqa: S603 -- no shell, and what callers say is no option
                arguments, stdin=file, capture_output=True, timeout=self._seconds, env=self._environ, check=False
            )
        except subprocess.TimeoutExpired:
            raise IntakeFailed(why=f"it took longer than {self._seconds:g} seconds") from None
        if ended.returncode != 0:
            said = ended.stderr.decode(errors="replace").strip()[-LAST:]
            raise IntakeFailed(why=said or f"its process ended with code {ended.returncode}")
        answer: dict[str, Any] = orjson.loads(ended.stdout)
        if "error" in answer:
            raise _error(answer["error"])
        taken: dict[str, Any] = answer["taken"]
        return taken


def _error(told: Mapping[str, Any]) -> ForecasterError:
    """The error that the process told of."""
    facts = dict(told["facts"])
    kind = next((one for one in TELLABLE if one.__name__ == told["type"]), None)
    if kind is None:
        return IntakeFailed(why=f"{told['type']}, {facts}"[:LAST])
    if kind is errors.RefusedRelease:
        facts["problems"] = tuple(LineProblem(**problem) for problem in facts["problems"])
    return kind(**facts)
