"""Answers that take long, made one after the other."""

import socket
from threading import Event

from fastapi import FastAPI, Request, Response

from api.in_turn import in_turn
from tests.api.serving import begin, serving


def test_no_answer_is_made_for_a_caller_who_left_while_waiting_for_a_turn() -> None:
    app = FastAPI()
    made: list[str] = []
    began, come, may_end = Event(), Event(), Event()

    @app.post("/{name}")
    async def made_in_turn(request: Request, name: str) -> Response:
        if name == "last":
            come.set()

        def make() -> Response:
            made.append(name)
            began.set()
            may_end.wait(30)
            return Response(name)

        return await in_turn(request, make)

    with serving(app) as port:
        first = begin(port, asked("first"))
        began.wait(30)
        begin(port, asked("gone")).close()
        last = begin(port, asked("last"))
        come.wait(30)
        may_end.set()
        answers = [told(connection) for connection in (first, last)]

    assert answers == ["first", "last"]
    assert made == ["first", "last"]


def asked(name: str) -> bytes:
    return f"POST /{name} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


def told(connection: socket.socket) -> str:
    with connection:
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer.rpartition(b"\r\n\r\n")[2].decode()
