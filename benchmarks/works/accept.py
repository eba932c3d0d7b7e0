"""Connections to a server in threads, one request each; three numbers as in ``load``.

Options: ``full-CLIENTS`` and ``resumed-CLIENTS``.  The clients are threads of a process of their
own with the standard module, whoever serves; each comes again as soon as it was answered.
"""

from __future__ import annotations

import os
import signal
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from ends import standard
from processors import halves, stay_on
from works.load import Taken
from works.serve import loop

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
SIZE = 20


def visit(
    context: ssl.SSLContext, port: int, session: ssl.SSLSession | None
) -> ssl.SSLSession | None:
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with context.wrap_socket(sock, session=session) as stream:
            assert stream.session_reused is (session is not None)
            stream.sendall(REQUEST)
            while stream.recv(1 << 16):
                pass
            return stream.session


def visit_for(port: int, resumed: bool, seconds: float) -> list[float]:
    """How long each visit took, of one client."""
    context = standard.client_context()
    session = visit(context, port, None) if resumed else None
    taken: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end or not taken:
        start = time.monotonic()
        new = visit(context, port, session)
        taken.append(time.monotonic() - start)
        session = new if resumed else None
    return taken


def clients(port: int, resumed: bool, count: int, seconds: float, tell: int) -> None:
    start = time.monotonic()
    with ThreadPoolExecutor(count) as pool:
        each = [pool.submit(visit_for, port, resumed, seconds) for _ in range(count)]
        taken = sorted(number for future in each for number in future.result())
    wall = (time.monotonic() - start) / len(taken)
    os.write(tell, f"{len(taken)} {wall} {taken[len(taken) * 99 // 100]}\n".encode())


def work(peer: str, option: str, seconds: float) -> Taken:
    """For each connection."""
    kind, _, count = option.partition("-")
    hear, tell = os.pipe()
    ready, begin = os.pipe()
    own, other = halves()
    child = os.fork()
    if child == 0:
        try:
            stay_on(other)
            port = int(os.read(ready, 10))
            clients(port, kind == "resumed", int(count), seconds, tell)
        finally:
            os._exit(1)
    os.close(tell)
    stay_on(own)
    port = loop(peer, SIZE, "sendall", "new")
    before = time.process_time()
    os.write(begin, b"%d" % port)
    told = os.read(hear, 200).split()
    cpu = time.process_time() - before
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert threading.active_count() > 1
    return Taken(float(told[1]), cpu / int(told[0]), float(told[2]))
