"""Whether MLflow is there, asked of real sockets."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from forecaster.adapters.mlflow_reach import check_answers
from forecaster.domain.errors import MlflowFault
from tests.cli.test_services import free_port


@contextmanager
def answering(status: int) -> Iterator[str]:
    """A server that answers everything with one status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the standard library
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("status", [200, 401, 404])
def test_who_answers_is_there_even_if_only_to_refuse(status: int) -> None:
    with answering(status) as address:
        check_answers(address)


def test_a_name_and_a_password_in_the_address_are_no_part_of_the_host() -> None:
    with answering(200) as address:
        check_answers(address.replace("http://", "http://ana:secret@"))


def test_a_server_that_fails_is_not_there() -> None:
    with answering(503) as address, pytest.raises(MlflowFault, match="503"):
        check_answers(address)


def test_where_nobody_listens_nobody_is_there() -> None:
    with pytest.raises(MlflowFault, match="refused"):
        check_answers(f"http://127.0.0.1:{free_port()}/")


def test_a_database_that_is_not_there_is_told_without_its_password() -> None:
    address = f"postgresql://ana:secret@127.0.0.1:{free_port()}/mlflow"

    with pytest.raises(MlflowFault, match=r"ana:\*\*\*@") as told:
        check_answers(address)

    assert "secret" not in str(told.value)


def test_a_file_is_there_always() -> None:
    check_answers("sqlite:////nowhere/mlflow.db")
