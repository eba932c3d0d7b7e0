"""A file of many bytes to and from a server in a thread: ``download-BYTES``, ``upload-BYTES``.

The other end is the standard module in a process of its own, whoever serves; it takes and sends
64 KiB at a time.  Two numbers: wall and the server's CPU seconds for the whole.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from typing import Any

from ends.peers import SSL
from processors import halves, stay_on
from works.transfer import BUFFER, connect, sockets


def receive(stream: Any, size: int) -> None:
    buffer = bytearray(BUFFER)
    while size:
        size -= stream.recv_into(buffer)


def send(stream: Any, size: int) -> None:
    data = memoryview(bytes(BUFFER))
    while size:
        size -= stream.send(data[:size])


def client(end: socket.socket, upload: bool, size: int) -> None:
    stream = connect(SSL, end, False)
    if upload:
        send(stream, size)
        stream.recv(1)
    else:
        receive(stream, size)
        stream.sendall(b"k")


def work(peer: str, option: str, _seconds: float) -> tuple[float, float]:
    kind, _, number = option.partition("-")
    size = int(number)
    theirs, mine = sockets("tcp")
    own, other = halves()
    child = os.fork()
    if child == 0:
        try:
            stay_on(other)
            client(theirs, kind == "upload", size)
        finally:
            os._exit(0)
    theirs.close()
    stay_on(own)
    stream = connect(peer, mine, True)
    taken: list[float] = []

    def serve() -> None:
        start, before = time.perf_counter(), time.process_time()
        if kind == "upload":
            receive(stream, size)
            stream.sendall(b"k")
        else:
            send(stream, size)
            stream.recv(1)
        taken.extend((time.perf_counter() - start, time.process_time() - before))

    # A server has threads, so the interpreter is given up.
    thread = threading.Thread(target=serve)
    thread.start()
    thread.join()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return taken[0], taken[1]
