"""One writer at a time, in real processes."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.adapters.writer_lock import WriterLock
from tests.vintages import tiny_vintage

# Stops within the lock, a vintage written but not in place, until a line is read; then publishes it.
HALF_WAY = """
import sys
from pathlib import Path
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.adapters.vintage_files import write_vintage
from tests.vintages import tiny_vintage
root, vintage = Path(sys.argv[1]), tiny_vintage(sys.argv[2])
store = PublishedVintages(root)
with store.alone(waiting=print):
    print(write_vintage(vintage, root=root).name, flush=True)
    sys.stdin.readline()
    store.publish(vintage)
"""


@contextmanager
def half_way(root: Path, vintage_id: str) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process that is writing a vintage, and the folder that it writes."""
    command = [sys.executable, "-c", HALF_WAY, str(root), vintage_id]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        yield writer, root / writer.stdout.readline().strip()


def test_a_second_writer_waits_and_leaves_the_first_ones_folder_alone(tmp_path: Path) -> None:
    store, told = PublishedVintages(tmp_path), []

    with half_way(tmp_path, "first") as (writer, folder):

        def let_it_go(line: str) -> None:
            told.append((line, folder.is_dir()))
            writer.communicate("go\n")

        with store.alone(waiting=let_it_go):
            store.publish(tiny_vintage("second"))

    assert told == [("another run is publishing; waiting for it to end", True)]
    assert {issue.vintage_id for issue in store.issues()} == {"first", "second"}
    assert store.current().issue.vintage_id == "second"


def test_the_lock_of_a_killed_writer_is_free_and_its_folder_removed(tmp_path: Path) -> None:
    store = PublishedVintages(tmp_path)
    with half_way(tmp_path, "first") as (writer, folder):
        writer.kill()
    assert folder.is_dir()

    store.publish(tiny_vintage("second"))

    assert not folder.exists()


def test_its_holder_may_take_the_lock_again(tmp_path: Path) -> None:
    lock, other, told = WriterLock(tmp_path), WriterLock(tmp_path), list[str]()

    with lock.held(waiting=told.append), lock.held(waiting=told.append):
        pass
    with other.held(waiting=told.append):
        pass

    assert told == []
