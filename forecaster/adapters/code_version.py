"""Which code ran: the version of the distribution, and a digest of the source itself."""

import hashlib
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path


@lru_cache(maxsize=1)
def code_version() -> str:
    """Such as 0.1.0+3f2a9c01d4e5: two runs with the same one ran the same code."""
    root = Path(str(files("forecaster")))
    digest = hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        digest.update(file.relative_to(root).as_posix().encode())
        digest.update(file.read_bytes())
    return f"{version('sectorcast')}+{digest.hexdigest()[:12]}"
