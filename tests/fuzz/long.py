"""A long run over the readers, guided by coverage; see README.md."""

import resource
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["forecaster"]):
    from tests.fuzz.taking import take

from tests.fuzz.corpus import MAKERS, SHEET, repacked

MEMORY = 12 << 30
"""Bytes beyond which files have blown memory up; Polars keeps some 30 KB of each broken Parquet file, for good."""

LONGEST = 20  # seconds for one file


def main() -> None:
    """Fuzz for so many seconds, or take one file again."""
    argument = sys.argv[1]
    if Path(argument).is_file():
        print(take(Path(argument).read_bytes()), "reports")
        return
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    with tempfile.TemporaryDirectory() as folder:
        for name, make in MAKERS.items():
            (Path(folder) / name).write_bytes(make())
        (Path(folder) / "sheet").write_text(SHEET, encoding="utf-8")
        options = [f"-max_total_time={argument}", f"-timeout={LONGEST}", "-rss_limit_mb=12000", "-max_len=8192"]
        atheris.Setup([sys.argv[0], folder, *options, "-print_final_stats=1", "-close_fd_mask=0"], _one)
        atheris.Fuzz()


def _one(content: bytes) -> None:
    # The bytes of a packed workbook hardly ever make another: its sheet is tried by itself.
    take(repacked({}, sheet=content.decode("utf-8", "replace")) if content.startswith(b"<") else content)


if __name__ == "__main__":
    main()
