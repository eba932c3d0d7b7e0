"""One packet in ten is lost, in a network namespace of its own: TLS and DTLS."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from kit import contexts, sockets
from OpenSSL import SSL

FULL = {"mebibytes": 16, "handshakes": 100}
SHORT = {"mebibytes": 1, "handshakes": 3}
RULES = """
ip link set lo up
nft add table inet l
nft 'add chain inet l in { type filter hook input priority 0; }'
nft add rule inet l in numgen random mod 100 '<' 10 counter drop
"""


def in_bad_network(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["unshare", "--net", "sh", "-c", f"set -e{RULES}exec {command}"],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )


def run(mebibytes: int, handshakes: int) -> dict[str, int]:
    if not all(map(shutil.which, ("unshare", "ip", "nft"))) or os.geteuid() != 0:
        print("loss      not possible here: needs root, unshare, iproute2 and nftables")
        return {}
    # Root of a container may have none of its own.
    refused = in_bad_network("true")
    if refused.returncode:
        print(f"loss      not possible here: {refused.stderr.strip()}")
        return {}
    done = in_bad_network(f"'{sys.executable}' -m stress.loss {mebibytes} {handshakes}")
    assert done.returncode == 0, done.stdout + done.stderr
    return {
        name.strip(): int(value)
        for name, value in (line.split("=") for line in done.stdout.splitlines())
    }


def stream(size: int) -> int:
    data = os.urandom(size)
    with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
        for source, target in (ends, ends[::-1]):
            sending = sockets.in_thread(source.sendall, data)
            assert sockets.receive_exactly(target, size) == data
            assert sending.result(600) == size
    return 2 * size


def datagram_context(server: bool) -> SSL.Context:
    context = SSL.Context(SSL.DTLS_METHOD)
    if server:
        contexts.use_identity(context, contexts.authority.identity())
    else:
        context.load_verify_locations(str(contexts.authority.trust_file()))
        context.set_verify(SSL.VERIFY_PEER)
    return context


def serve(server: SSL.Connection, sock: socket.socket, done: threading.Event) -> None:
    """Shake hands, and read until the client is done: its last flight is ours, and may be lost."""
    server.do_handshake()
    sock.settimeout(0.1)
    while not done.is_set():
        with contextlib.suppress(TimeoutError):
            server.recv(1000)


def datagrams(server: SSL.Context, client: SSL.Context) -> tuple[int, int]:
    """One DTLS connection: how many messages were sent, how many came through."""
    with sockets.udp_pair() as (one, other):
        for each in (one, other):
            each.settimeout(60)
        ends = sockets.server_end(server, one), sockets.client_end(client, other)
        done = threading.Event()
        shaking = sockets.in_thread(serve, ends[0], one, done)
        ends[1].do_handshake()
        done.set()
        shaking.result(sockets.PATIENCE)
        sent = {b"message %d" % number for number in range(50)}
        for each_message in sent:
            ends[1].send(each_message)
        one.settimeout(0.3)
        got = 0
        try:
            while True:
                assert ends[0].recv(1000) in sent
                got += 1
        except TimeoutError:
            return len(sent), got


def main(mebibytes: int, handshakes: int) -> None:
    print(f"bytes over TLS={stream(mebibytes << 20)}")
    server, client = datagram_context(True), datagram_context(False)
    sent = got = 0
    start = time.monotonic()
    for _ in range(handshakes):
        more, through = datagrams(server, client)
        sent, got = sent + more, got + through
    assert 0 < got <= sent
    print(f"DTLS handshakes={handshakes}\nmessages sent={sent}\nmessages received={got}")
    print(f"seconds for DTLS={int(time.monotonic() - start)}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
