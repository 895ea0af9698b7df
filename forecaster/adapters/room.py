"""How much room there is, and how much a vintage takes."""

import shutil
from pathlib import Path


def free_bytes(folder: Path) -> int:
    """What is free for this user where a folder lies."""
    return shutil.disk_usage(folder).free


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder; of one that is not there, 0."""
    return sum(file.stat().st_size for file in folder.glob("*") if file.is_file())
