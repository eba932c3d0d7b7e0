"""How many system calls the data path makes: ``calls.py [PEER ...]``, a table on standard output.

Each work runs in a process of its own under strace, which counts the calls of its thread between
two marks; peers are brisktls and ssl, of the Python that runs this.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import identity
from ends.peers import BRISKTLS, SSL
from works.transfer import connect, sockets

KIB = 1024
TRACED = "sendto,sendmsg,write,recvfrom,recvmsg,read,poll,ppoll,fcntl,close,chdir"
TRACER = ("strace", "-f", "-qq", "-e", f"trace={TRACED}", "-e", "signal=none", "-o")
MARK = "/brisktls-mark"

Work = Callable[[Any, Any], None]


def quietly(call: Callable[[str], object]) -> None:
    try:
        call(MARK)
    except OSError:
        return


def send_all(size: int) -> tuple[int, int, Work]:
    return size, 0, lambda stream, _: stream.sendall(bytes(size))


def send_by_parts(size: int) -> tuple[int, int, Work]:
    def send(stream: Any, _: Any) -> None:
        data = memoryview(bytes(size))
        while data:
            data = data[stream.send(data) :]

    return size, 0, send


def receive(count: int, size: int, room: int) -> tuple[int, int, Work]:
    """Receive messages of `size` bytes that are all there already."""

    def take(stream: Any, _: Any) -> None:
        left = count * size
        while left:
            left -= len(stream.recv(room))

    return -count, size, take


WORKS = {
    "sendall of 256 KiB": send_all(256 * KIB),
    "sendall of 1 MiB": send_all(1024 * KIB),
    "send of 20 kB": send_by_parts(20_000),
    "send of 100 kB": send_by_parts(100_000),
    "send of 1 MB": send_by_parts(1_000_000),
    "recv(65536) of 64 messages of 1 KiB": receive(64, KIB, 64 * KIB),
    "recv(65536) of 16 messages of 16 KiB": receive(16, 16 * KIB, 64 * KIB),
    "recv(8192) of 16 messages of 16 KiB": receive(16, 16 * KIB, 8 * KIB),
    "recv(8192) of 64 messages of 100 B": receive(64, 100, 8 * KIB),
}


def child(peer: str, name: str) -> None:
    size, message, work = WORKS[name]
    mine, theirs = sockets("tcp")
    ready = threading.Event()

    def other() -> None:
        stream = connect(peer, theirs, True)
        stream.sendall(b".")
        for _ in range(-size if size < 0 else 0):
            stream.sendall(bytes(message))
        ready.set()
        if size < 0:
            threading.Event().wait(60)
        left = size
        while left > 0:
            left -= len(stream.recv(1 << 16))

    thread = threading.Thread(target=other, daemon=True)
    thread.start()
    stream = connect(peer, mine, False)
    assert stream.recv(1) == b"."
    ready.wait(60)
    print(threading.get_native_id(), flush=True)
    quietly(os.chdir)
    work(stream, None)
    quietly(os.chdir)
    os._exit(0)


def count(peer: str, name: str) -> Counter[str]:
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace"
        done = subprocess.run(
            [*TRACER, str(trace), sys.executable, __file__, "--child", peer, name],
            check=True,
            capture_output=True,
            text=True,
            timeout=100,
        )
        thread = done.stdout.strip()
        counts: Counter[str] = Counter()
        marks = 0
        for line in trace.read_text(errors="replace").splitlines():
            number, _, call = line.partition(" ")
            if number != thread:
                continue
            call = call.strip()
            if call.startswith("chdir") and MARK in call:
                marks += 1
            elif marks == 1 and "resumed>" not in call:
                counts[call.partition("(")[0]] += 1
    return counts


def main(peers: list[str]) -> None:
    for name in WORKS:
        for peer in peers:
            counts = count(peer, name)
            told = ", ".join(f"{number} {call}" for call, number in sorted(counts.items()))
            print(f"{name:40} {peer:10} {told}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    else:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["BENCH_IDENTITY"] = folder
            identity.make(Path(folder))
            main(sys.argv[1:] or [BRISKTLS, SSL])
