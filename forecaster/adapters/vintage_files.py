"""How a vintage lies on disk: six Arrow IPC files and a manifest with their checksums, all of them read-only."""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from forecaster.adapters.vintage_seal import SEAL, is_sealed, seal
from forecaster.domain.errors import BrokenVintage
from forecaster.domain.vintage import Issue, Vintage

SCHEMA_VERSION = 2
MANIFEST = "manifest.json"
WRITING = ".writing-"
"""What the names of folders begin with while they are written."""

OWN_SUM = "manifest_sha256"
"""Of everything else in the manifest, as JSON with its keys in order."""

BATCH = 1 << 16  # rows
READ_ONLY = 0o444
"""Of every file: whoever shortens one that is mapped kills the processes that serve from it (SIGBUS)."""

SLICED = ("panel", "reports")
"""Frames of which slices are read, by batches, never whole."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was issued, and the size and SHA-256 of each file."""

    issue: Issue
    rows: Mapping[str, int]
    bytes: Mapping[str, int]
    sha256: Mapping[str, str]
    schema_version: int = SCHEMA_VERSION

    @property
    def digest(self) -> str:
        """Names the whole content: equal digests, equal vintages."""
        return hashlib.sha256(orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)).hexdigest()


def write_vintage(vintage: Vintage, *, root: Path) -> Path:
    """Write a vintage into a fresh temporary folder under `root`, down to the disk.

    Returns:
        The folder; it is complete, and nobody sees it before it is renamed.
    """
    folder = Path(tempfile.mkdtemp(prefix=WRITING, dir=root))
    folder.chmod(0o755)  # mkdtemp makes it 0700; the API may run as another user
    frames = vintage.frames()
    for name, frame in frames.items():
        batch = BATCH if name in SLICED else max(1, len(frame))
        _write(frame, folder / f"{name}.arrow", batch=batch)
    manifest = Manifest(
        issue=vintage.issue,
        rows={name: len(frame) for name, frame in frames.items()},
        bytes={name: (folder / f"{name}.arrow").stat().st_size for name in frames},
        sha256={name: _sha256(folder / f"{name}.arrow") for name in frames},
    )
    told: dict[str, Any] = orjson.loads(orjson.dumps(asdict(manifest)))
    (folder / MANIFEST).write_bytes(orjson.dumps({**told, OWN_SUM: _sum(told)}, option=orjson.OPT_INDENT_2))
    seal(folder, files=[folder / f"{name}.arrow" for name in frames])
    for name in (MANIFEST, SEAL):
        _settle(folder / name)
    sync(folder)
    return folder


def _write(frame: pl.DataFrame, path: Path, *, batch: int) -> None:
    frame.write_ipc(path, compression="uncompressed", record_batch_size=batch)
    _settle(path)


def _settle(file: Path) -> None:
    file.chmod(READ_ONLY)
    sync(file)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a vintage.

    Raises:
        BrokenVintage: it is missing, can't be read, was altered, or is of another schema version.
    """
    try:
        content: dict[str, Any] = orjson.loads((folder / MANIFEST).read_bytes())
        own, version = content.pop(OWN_SUM, None), content["schema_version"]
        if version != SCHEMA_VERSION:
            raise BrokenVintage(vintage_id=folder.name, what=f"its schema version is {version}, not {SCHEMA_VERSION}")
        if own not in (None, _sum(content)):  # vintages from before have none
            raise BrokenVintage(vintage_id=folder.name, what=f"{MANIFEST} is not what was written (checksum)")
        return Manifest(issue=_issue(content.pop("issue")), **content)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BrokenVintage(vintage_id=folder.name, what=f"its manifest can't be read ({error})") from error


def _issue(content: Mapping[str, Any]) -> Issue:
    instants = {name: datetime.fromisoformat(content[name]) for name in ("issued_at", "data_as_of")}
    # Manifests from before provenance was kept by sector have no `carried`.
    carried = {sector: _issue(origin) for sector, origin in content.get("carried", {}).items()}
    return Issue(**{**content, **instants, "carried": carried})


def check_files(folder: Path, *, manifest: Manifest) -> None:
    """Compare size and checksum of every file with the manifest; a sealed file is not read for it.

    Raises:
        BrokenVintage: one differs or is missing.
    """
    for name, expected in manifest.sha256.items():
        path = folder / f"{name}.arrow"
        if not path.is_file():
            raise BrokenVintage(vintage_id=folder.name, what=f"{path.name} is missing")
        if path.stat().st_size != manifest.bytes[name] or not (is_sealed(path) or _sha256(path) == expected):
            raise BrokenVintage(vintage_id=folder.name, what=f"{path.name} is not what the manifest says (checksum)")


def draft_of(file: Path) -> Path:
    """Where the next content of a file beside the vintages is written; `vintage_placing` removes a killed writer's."""
    return file.with_name(f".{file.name}-{os.getpid()}")


def replace_whole(file: Path, content: str) -> None:
    """Give a file another content, whole or not at all; for one writer at a time."""
    fresh = draft_of(file)
    try:
        fresh.write_text(content, encoding="utf-8")
        sync(fresh)
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)  # it is gone already where it took its place
    sync(file.parent)


def sync(path: Path) -> None:
    """Bring a file or folder down to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_frame(folder: Path, *, name: str) -> pl.DataFrame:
    """One frame of a vintage, whole, in memory."""
    return pl.read_ipc(folder / f"{name}.arrow")


def _sum(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
