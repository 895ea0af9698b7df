"""The service behind a real uvicorn, in a thread of the test's own process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI

from api.protocol import PatientProtocol


@contextmanager
def serving(app: FastAPI, *, http: type[PatientProtocol] = PatientProtocol, **options: Any) -> Iterator[int]:
    """The port that an application listens on for the time of the block."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(100)
        config = uvicorn.Config(app, http=http, log_config=None, access_log=False, proxy_headers=False, **options)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def begin(port: int, text: bytes) -> socket.socket:
    """A connection on which something was sent."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(text)
    return connection


def say(port: int, text: bytes) -> bytes:
    """What is answered to bytes sent as they are, until the service closes the connection."""
    with begin(port, text) as connection:
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer
