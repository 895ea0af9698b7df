from pathlib import Path

import pytest

from forecaster.cli.parts import worker_part
from forecaster.settings import Settings


@pytest.mark.parametrize(
    ("host", "url"),
    [("::1", "http://[::1]:8123"), ("127.0.0.1", "http://127.0.0.1:8123"), ("localhost", "http://localhost:8123")],
)
def test_addresses_of_ipv6_stand_in_brackets(host: str, url: str) -> None:
    assert Settings(host=host, port=8123).service_url == url


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
