"""What the service needs to take releases in, and how it keeps a body until then."""

import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from typing import IO, Any, Protocol

from anyio import to_thread
from fastapi import Request

from forecaster.domain.errors import MediaNotRead, PartNotInstalled, PlaceUnusable

CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PARQUET = "application/vnd.apache.parquet"
CONTENT: Mapping[str, str] = {
    CSV: "csv",
    XLSX: "xlsx",
    PARQUET: "parquet",
    "application/json": "json",
    "application/x-ndjson": "json",
}
"""Media type -> what a reader calls it."""

PIECE = 1 << 20  # bytes that are held before a thread writes them


class Intake(Protocol):
    """Takes releases in."""

    async def take(self, file: IO[bytes], *, content: str, options: Mapping[str, str], dry_run: bool) -> dict[str, Any]:
        """What became of a release; raises what `IntakeProcess.take` does."""


class NoIntake:
    """An installation that can't store figures."""

    async def take(
        self,
        file: IO[bytes],  # noqa: ARG002  # the signature of the protocol
        *,
        content: str,  # noqa: ARG002
        options: Mapping[str, str],  # noqa: ARG002
        dry_run: bool,  # noqa: ARG002
    ) -> dict[str, Any]:
        """Nothing can be taken in. Raises PartNotInstalled."""
        raise PartNotInstalled(what="Taking in releases", extra="ingest")


def content_type(request: Request) -> str:
    """What a body is said to be: csv, xlsx, parquet or json.

    Raises:
        MediaNotRead: something else, or packed.
    """
    given = request.headers.get("content-type", "")
    media = given.partition(";")[0].strip().lower()
    packed = request.headers.get("content-encoding", "identity").strip().lower()
    if media not in CONTENT or packed != "identity":
        raise MediaNotRead(given=given if packed == "identity" else f"{given}, {packed}", read=tuple(CONTENT))
    return CONTENT[media]


@asynccontextmanager
async def kept(request: Request) -> AsyncIterator[IO[bytes]]:
    """The body of a request as an anonymous file for the time of the block; it has no name, and so no path.

    Raises:
        PlaceUnusable: the folder of temporary files is full, or can't be written.
    """
    with ExitStack() as held:
        try:
            file = held.enter_context(tempfile.TemporaryFile(prefix="sectorcast-"))
            await _fill(file, request)
        except OSError as error:
            place, why = f"The folder of temporary files, {tempfile.gettempdir()},", os.strerror(error.errno or 0)
            raise PlaceUnusable(place=place, why=why, remedy="Free some room there, or set TMPDIR.") from error
        yield file


async def _fill(file: IO[bytes], request: Request) -> None:
    held = bytearray()
    async for part in request.stream():
        held += part
        if len(held) >= PIECE:
            await to_thread.run_sync(file.write, bytes(held))
            held.clear()
    await to_thread.run_sync(_finish, file, bytes(held))


def _finish(file: IO[bytes], rest: bytes) -> None:
    file.write(rest)
    file.flush()
