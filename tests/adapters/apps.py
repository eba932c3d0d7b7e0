"""One application for every web server of these tests, as ASGI and as WSGI.

GET answers ``kit.web.BODY`` in pieces, POST the body turned round.  ``/about`` tells the
protocol's version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from kit.web import BODY

__all__ = ["asgi", "wsgi"]

PIECE = 100_000


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """The application as ASGI has it."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    assert scope["type"] == "http" and scope["scheme"] == "https"
    body = b""
    while True:
        message = await receive()
        assert message["type"] == "http.request"
        body += message["body"]
        if not message.get("more_body"):
            break
    if scope["path"] == "/about":
        answer = scope["http_version"].encode()
    else:
        answer = BODY if scope["method"] == "GET" else body[::-1]
    length = (b"content-length", str(len(answer)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    for at in range(0, len(answer), PIECE):
        part = answer[at : at + PIECE]
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def wsgi(environ: Any, start: Callable[..., object]) -> Iterable[bytes]:
    """The application as WSGI has it."""
    assert environ["wsgi.url_scheme"] == "https"
    answer = BODY if environ["REQUEST_METHOD"] == "GET" else environ["wsgi.input"].read()[::-1]
    start("200 OK", [("Content-Length", str(len(answer)))])
    return [answer[at : at + PIECE] for at in range(0, len(answer), PIECE)]
