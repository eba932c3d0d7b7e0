"""The kernel does the work: its own counts say so, and every byte arrives."""

from __future__ import annotations

import hashlib
import os
import select
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kit import contexts, sockets
from kit.offload import Ends, asking, connected
from OpenSSL import SSL

#: Name, version, and whether every libssl and every kernel with TLS have it.
CIPHERS = [
    ("ECDHE-ECDSA-AES128-GCM-SHA256", "TLSv1.2", True),
    ("ECDHE-ECDSA-AES256-GCM-SHA384", "TLSv1.2", True),
    ("ECDHE-ECDSA-AES128-CCM", "TLSv1.2", True),
    ("ECDHE-ECDSA-CHACHA20-POLY1305", "TLSv1.2", False),
    ("TLS_AES_128_GCM_SHA256", "TLSv1.3", True),
    ("TLS_AES_256_GCM_SHA384", "TLSv1.3", True),
    ("TLS_AES_128_CCM_SHA256", "TLSv1.3", False),
    ("TLS_CHACHA20_POLY1305_SHA256", "TLSv1.3", False),
]
NEWER = SSL.OPENSSL_VERSION_NUMBER >= 0x30200000
LARGE = 12 << 20


def declining(context: SSL.Context) -> SSL.Context:
    context.clear_options(SSL.OP_ENABLE_KTLS)
    return context


@pytest.fixture(params=["TLSv1.2", "TLSv1.3"])
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    with connected(request.param) as both:
        assert both[0].ktls_send
        assert both[1].ktls_send
        yield both


def random_bytes(size: int) -> bytes:
    piece = os.urandom(1 << 20)
    return (piece * (size // len(piece) + 1))[:size]


@pytest.mark.parametrize(("cipher", "version", "certain"), CIPHERS, ids=str)
def test_the_kernel_takes_the_keys(counted: Any, cipher: str, version: str, certain: bool) -> None:
    with connected(version, cipher) as both:
        sends = both[0].ktls_send
        # libssl 3.0 decrypts TLS 1.3 itself.
        receives = sends and (NEWER or version == "TLSv1.2")
        assert sends or not certain
        for end in both:
            assert (end.ktls_send, end.ktls_recv) == (sends, receives)
        assert counted["TlsTxSw"] == 2 * sends
        assert counted["TlsRxSw"] == 2 * receives
        data = random_bytes(1_000_003)
        for source, target in (both, both[::-1]):
            future = sockets.in_thread(source.sendall, data)
            assert sockets.receive_exactly(target, len(data)) == data
            assert future.result(sockets.PATIENCE) == len(data)
        assert counted["TlsDecryptError"] == 0


@pytest.mark.parametrize("cipher", ["ECDHE-ECDSA-AES128-CCM8", "ECDHE-ECDSA-AES128-SHA"])
def test_other_ciphers_stay_with_libssl(counted: Any, cipher: str) -> None:
    with connected("TLSv1.2", f"{cipher}:@SECLEVEL=0") as both:
        assert both[0].get_cipher_name() == cipher
        assert not any(end.ktls_send or end.ktls_recv for end in both)
        both[0].sendall(b"hello")
        assert both[1].recv(10) == b"hello"
    assert counted["TlsTxSw"] == counted["TlsRxSw"] == 0


@pytest.mark.parametrize("asks", ["server", "client"])
def test_one_side_alone(counted: Any, asks: str) -> None:
    server = contexts.server_context()
    client = contexts.client_context()
    (declining if asks == "client" else asking)(server)
    (declining if asks == "server" else asking)(client)
    with sockets.connected(server, client) as (one, other):
        assert (one.ktls_send, other.ktls_send) == (asks == "server", asks == "client")
        assert counted["TlsTxSw"] == 1
        data = random_bytes(3_000_000)
        for source, target in ((one, other), (other, one)):
            future = sockets.in_thread(source.sendall, data)
            assert sockets.receive_exactly(target, len(data)) == data
            future.result(sockets.PATIENCE)


def test_large_transfers_both_ways_at_once(ends: Any) -> None:
    data = [random_bytes(LARGE), random_bytes(LARGE)]
    senders = [sockets.in_thread(end.sendall, each) for end, each in zip(ends, data, strict=True)]
    readers = [sockets.in_thread(sockets.receive_exactly, end, LARGE) for end in ends]
    for sender in senders:
        assert sender.result(120) == LARGE
    assert readers[1].result(120) == data[0]
    assert readers[0].result(120) == data[1]


def test_small_messages(ends: Any) -> None:
    server, client = ends
    for number in range(2000):
        message = number.to_bytes(4, "big") * (number % 50 + 1)
        server.sendall(message)
        assert sockets.receive_exactly(client, len(message)) == message
        client.sendall(message)
        assert sockets.receive_exactly(server, len(message)) == message


def test_a_file_goes_without_being_read(
    ends: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, client = ends
    data = random_bytes(LARGE + 12_345)
    (tmp_path / "large").write_bytes(data)

    def pread(*arguments: object) -> bytes:
        raise AssertionError("the file was read")

    monkeypatch.setattr(os, "pread", pread)
    for offset, count in ((0, None), (1, 100_000), (12_345, LARGE)):
        expected = data[offset:] if count is None else data[offset : offset + count]
        with (tmp_path / "large").open("rb") as file:
            sending = sockets.in_thread(server.sendfile, file, offset, count)
            got = sockets.receive_exactly(client, len(expected))
            assert hashlib.sha256(got).digest() == hashlib.sha256(expected).digest()
            assert sending.result(sockets.PATIENCE) == len(expected)
            assert file.tell() == offset + len(expected)


def test_a_blocking_descriptor_does_not_block_the_lock(ends: Any, tmp_path: Path) -> None:
    """The peer does not read, the socket blocks: the other direction is free all the same."""
    server, client = ends
    (tmp_path / "large").write_bytes(random_bytes(LARGE))
    with (tmp_path / "large").open("rb") as file:
        sending = sockets.in_thread(server.sendfile, file)
        client.sendall(b"question")
        assert server.recv(100) == b"question"
        assert not sending.done()
        sockets.receive_exactly(client, LARGE)
        assert sending.result(sockets.PATIENCE) == LARGE
    assert server.gettimeout() is None
    assert server.getsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, 16) == bytes(16)


def test_what_could_not_be_sent_is_not_looked_at_again(ends: Any) -> None:
    """The buffer of a send that would have blocked is gone when it is tried again."""
    server, client = ends
    server.setblocking(False)
    received = bytearray()
    expected = bytearray()
    retries = 0
    while retries < 20:
        message = bytearray(os.urandom(16_384))
        again = bytes(message)
        try:
            expected += again[: server.send(message)]
            continue
        except SSL.WantWriteError:
            retries += 1
        # What libssl has been given is overwritten: it must not be what is sent.
        message[:] = b"\xee" * len(message)
        while True:
            select.select([client], [], [], 0.2)
            received += client.recv(100_000)
            try:
                expected += again[: server.send(again)]
                break
            except SSL.WantWriteError:
                again = bytes(bytearray(again))
    server.setblocking(True)
    received += sockets.receive_exactly(client, len(expected) - len(received))
    assert received == expected


def test_one_reader_and_one_writer_on_each_side(ends: Any) -> None:
    rounds = 300
    failures: list[BaseException] = []

    def write(end: SSL.Connection, seed: int) -> None:
        try:
            for number in range(rounds):
                end.sendall(bytes([(seed + number) % 251]) * (number * 37 % 30_000 + 1))
        except BaseException as error:
            failures.append(error)

    def read(end: SSL.Connection, seed: int) -> None:
        try:
            for number in range(rounds):
                size = number * 37 % 30_000 + 1
                assert sockets.receive_exactly(end, size) == bytes([(seed + number) % 251]) * size
        except BaseException as error:
            failures.append(error)

    server, client = ends
    threads = [
        threading.Thread(target=call, args=(end, seed))
        for call, end, seed in (
            (write, server, 1),
            (read, client, 1),
            (write, client, 2),
            (read, server, 2),
        )
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
