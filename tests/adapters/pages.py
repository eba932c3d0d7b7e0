"""What the examples of docs/using.md talk to, on the ports that their pages name."""

from __future__ import annotations

import atexit
import contextlib
import socket
import ssl
import sys
import time
import types
import urllib.request
from pathlib import Path
from typing import Any

from kit.examples import blocks
from kit.programs import need, running
from kit.sockets import LOOPBACK, PATIENCE
from kit.web import BODY, Web, web

__all__ = [
    "asking_web",
    "listening",
    "running_gunicorn",
    "serving_postgres",
    "serving_redis",
    "serving_web",
]

#: What runs until the page ends.
ENDS = contextlib.ExitStack()
atexit.register(ENDS.close)


def serving_web(context: ssl.SSLContext, port: int) -> Web:
    """A web server on the port."""
    return ENDS.enter_context(web(context, port=port))


def listening(port: int) -> None:
    """Wait until somebody listens."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection((LOOPBACK, port), 1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, f"nobody listens on {port}"
            time.sleep(0.05)


def asking_web(context: ssl.SSLContext, port: int) -> None:
    """Get what the application of these tests answers."""
    listening(port)
    with urllib.request.urlopen(f"https://localhost:{port}/", context=context) as answer:
        assert answer.read() == BODY


def running_gunicorn(bind: str) -> None:
    """gunicorn by the part of the page that is its configuration."""
    page = (Path(__file__).parents[2] / "docs/using.md").read_text(encoding="utf-8")
    section = page.split("## gunicorn\n")[1]
    text = next(block.text for block in blocks(section) if block.language == "python")
    port = bind.rsplit(":", 1)[1]
    Path("gunicorn.conf.py").write_text(text.replace("4433", port), encoding="utf-8")
    ENDS.enter_context(running(sys.executable, "-m", "gunicorn", "adapters.apps:wsgi"))


def serving_postgres(port: int) -> str:
    """PostgreSQL with the page's certificate; the name of its user."""
    from adapters.postgres import USER, postgres

    files = types.SimpleNamespace(chain=Path("server.pem"), key=Path("server.key"))
    who: Any = types.SimpleNamespace(files=files)
    ENDS.enter_context(postgres(who, port=port))
    return USER


def serving_redis(port: int) -> None:
    """Redis with the page's certificate."""
    server = ENDS.enter_context(
        running(
            *(need("redis-server"), "--port", "0", "--tls-port", str(port)),
            *("--bind", LOOPBACK, "--tls-cert-file", "server.pem"),
            *("--tls-key-file", "server.key", "--tls-ca-cert-file", "ca.pem"),
            *("--tls-auth-clients", "no", "--save", "", "--daemonize", "no"),
        )
    )
    server.expect("Ready to accept connections", 60)
