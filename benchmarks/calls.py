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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import identity
from ends.peers import BRISKTLS, SSL
from works.transfer import connect, sockets

KIB = 1024
TRACED = "sendto,sendmsg,write,recvfrom,recvmsg,read,poll,ppoll,fcntl,close,chdir"
#: Without the filter every call of every kind stops twice.
TRACER = ["strace", "--seccomp-bpf", "-f", "-qq", "-e", f"trace={TRACED}", "-e", "signal=none"]
MARK = "/brisktls-mark"
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
ROUNDS = 32

#: What one end does.
Part = Callable[[Any], None]


def quietly(call: Callable[[str], object]) -> None:
    try:
        call(MARK)
    except OSError:
        return


def receive_exactly(stream: Any, size: int, room: int = 1 << 16) -> None:
    while size:
        size -= len(stream.recv(min(room, size)))


def nothing(_: Any) -> None:
    pass


@dataclass(frozen=True)
class Work:
    """``here`` is counted; ``before`` and ``there`` are the other end's, while ``here`` waits
    or is at work."""

    here: Part
    there: Part = nothing
    before: Part = nothing
    #: The handshake is a part of what is counted.
    shakes: bool = False


def send_all(size: int) -> Work:
    data = bytes(size)
    return Work(lambda stream: stream.sendall(data), lambda other: receive_exactly(other, size))


def send_by_parts(size: int) -> Work:
    def send(stream: Any) -> None:
        data = memoryview(bytes(size))
        while data:
            data = data[stream.send(data) :]

    return Work(send, lambda other: receive_exactly(other, size))


def receive(count: int, size: int, room: int) -> Work:
    """Receive messages of `size` bytes that are all there already."""

    def send(other: Any) -> None:
        for _ in range(count):
            other.sendall(bytes(size))

    return Work(lambda stream: receive_exactly(stream, count * size, room), before=send)


def upload(size: int, room: int) -> Work:
    return Work(
        lambda stream: receive_exactly(stream, size, room), lambda other: other.sendall(bytes(size))
    )


def answer(request: bytes, reply: bytes, room: int) -> Work:
    """Answer requests each of which comes when the last one was answered."""

    def serve(stream: Any) -> None:
        for _ in range(ROUNDS):
            stream.recv(room)
            stream.sendall(reply)

    def ask(other: Any) -> None:
        for _ in range(ROUNDS):
            other.sendall(request)
            receive_exactly(other, len(reply))

    return Work(serve, ask)


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
    "recv(8192) of an upload of 1 MB": upload(1_000_000, 8 * KIB),
    f"{ROUNDS} messages of 64 B, returned": answer(bytes(64), bytes(64), 64 * KIB),
    f"{ROUNDS} requests for 20 kB, kept alive": answer(REQUEST, bytes(20_000), 8 * KIB),
    "a full handshake of a server": Work(lambda stream: stream.do_handshake(), shakes=True),
}


def child(peer: str, name: str) -> None:
    work = WORKS[name]
    mine, theirs = sockets("tcp")
    ready = threading.Event()
    over = threading.Event()

    def other() -> None:
        stream = connect(peer, theirs, work.shakes is False)
        if not work.shakes:
            stream.sendall(b".")
        work.before(stream)
        ready.set()
        work.there(stream)
        over.wait(60)

    thread = threading.Thread(target=other, daemon=True)
    if not work.shakes:
        thread.start()
    stream = connect(peer, mine, work.shakes, shake=not work.shakes)
    if work.shakes:
        thread.start()
    else:
        assert stream.recv(1) == b"."
        ready.wait(60)
    print(threading.get_native_id(), flush=True)
    quietly(os.chdir)
    work.here(stream)
    quietly(os.chdir)
    os._exit(0)


def count(peer: str, name: str) -> Counter[str]:
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace"
        done = subprocess.run(
            [*TRACER, "-o", str(trace), sys.executable, __file__, "--child", peer, name],
            check=True,
            capture_output=True,
            text=True,
            timeout=600,
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
