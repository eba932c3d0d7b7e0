"""A narrow way to a store: ``strait.py PORT STORE``; it carries the bytes of a real one.

Lines on its input say how: ``go`` at once, ``slow SECONDS`` later, ``stop`` not at all, as where
a network is cut: connections stay open and nothing comes.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time

WAY = threading.Event()
DELAY = [0.0]


def carry(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(1 << 16):
            time.sleep(DELAY[0])
            WAY.wait()
            other.sendall(data)
    for each in (one, other):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def listen(port: int, store: int) -> None:
    with socket.create_server(("127.0.0.1", port), backlog=256) as listener:
        print("ready", flush=True)
        while True:
            near, _ = listener.accept()
            try:
                far = socket.create_connection(("127.0.0.1", store))
            except OSError:
                near.close()
                continue
            for each in (near, far):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for pair in ((near, far), (far, near)):
                threading.Thread(target=carry, args=pair, daemon=True).start()


def main(port: str, store: str) -> None:
    WAY.set()
    threading.Thread(target=listen, args=(int(port), int(store)), daemon=True).start()
    for line in sys.stdin:
        word, *rest = line.split()
        DELAY[0] = float(rest[0]) if rest else 0.0
        (WAY.clear if word == "stop" else WAY.set)()


if __name__ == "__main__":
    main(*sys.argv[1:])
