from pathlib import Path

from forecaster.cli.parts import worker_part
from forecaster.settings import Settings


def test_a_worker_is_ready_when_it_says_so_and_not_when_a_traceback_quotes_the_words(tmp_path: Path) -> None:
    part = worker_part(Settings(home=tmp_path))
    assert part.log is not None
    part.log.parent.mkdir()
    before = part.ready()

    part.log.write_text('Traceback:\n    ready=lambda: output.progress("worker: ready")\n')
    quoted = part.ready()
    part.log.write_text("something else\nworker: ready\n")
    said = part.ready()

    assert (before, quoted, said) == (False, False, True)
