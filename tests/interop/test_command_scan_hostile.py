"""Servers that are silent, talk nonsense or never end cost a scan little."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import time
from typing import Any

import pytest

pytest.importorskip("click")

from kit.commands import brisk, brisk_started
from kit.contexts import server_context
from kit.greeters import GREETINGS, greeter, listening_server
from kit.patience import PATIENCE
from kit.scanned import SERVERS
from kit.scans import TRUST, failed
from kit.sockets import reset
from OpenSSL import SSL
from OpenSSL._command.failures import KINDS


def silent(sock: socket.socket) -> None:
    while sock.recv(65536):
        pass


def endless(sock: socket.socket) -> None:
    # Records of handshake messages that never end.
    while True:
        sock.sendall(struct.pack("!BHH", 22, 0x0303, 16384) + b"\x02\xff\xff\xff" + bytes(16380))


@pytest.mark.parametrize(
    ("handle", "kinds"),
    [
        (silent, {"timeout"}),
        (lambda sock: sock.sendall(b"220 hello\r\n" * 1000), {"not-tls"}),
        (lambda sock: sock.sendall(os.urandom(4096)), {"not-tls"}),
        (reset, {"closed"}),
        (lambda sock: None, {"closed"}),
        (endless, {"tls", "not-tls", "closed", "timeout"}),
        (lambda sock: sock.sendall(bytes([21, 3, 3, 0, 2, 2, 112])), {"name-not-served"}),
    ],
    ids=["silent", "text", "noise", "reset", "closed", "endless", "alert"],
)
def test_hostile_servers_cost_bounded_time(handle: Any, kinds: set[str]) -> None:
    with listening_server(handle) as port:
        done = brisk("scan", f"localhost:{port}", "-4", "--timeout", "0.5", "--json")
    assert done.data["error"] in kinds, done
    failed(done, done.data["error"])


def test_a_server_that_falls_silent_is_left_alone() -> None:
    context = server_context(version="TLSv1.3")
    served = 0

    def handle(sock: socket.socket) -> None:
        nonlocal served
        served += 1
        if served > 3:
            return silent(sock)
        connection = SSL.Connection(context, sock)
        connection.set_accept_state()
        connection.do_handshake()
        return None

    with listening_server(handle) as port:
        target = (f"localhost:{port}", "-4", *TRUST, "--timeout", "0.3")
        done = brisk("scan", *target, "--parallel", "1", "--json")
    data = failed(done, "timeout")
    assert data["complete"] is False
    assert "in a row" in data["incomplete_because"]
    assert served < 15
    assert data["certificates"]


def test_the_whole_scan_has_a_limit() -> None:
    with SERVERS["modern"].start() as port:
        options = ("--delay", "0.2", "--limit", "1", "--json")
        done = brisk("scan", f"localhost:{port}", "-4", *TRUST, *options)
    assert failed(done, "timeout")["incomplete_because"] == "the scan's 1 seconds were over"


def test_failures_before_the_first_answer() -> None:
    failed(brisk("scan", "localhost:1", "--json"), "refused")
    failed(brisk("scan", "no-such-host.invalid", "--json"), "name-resolution")
    failed(brisk("scan", "localhost:1", "--cafile", "/no/such/file", "--json"), "file")
    assert brisk("scan", "localhost:0").status == 2
    assert brisk("scan", "localhost:1", "--parallel", "0").status == 2
    with greeter(GREETINGS["imap"]) as port:
        done = brisk("scan", f"localhost:{port}", "-4", "--starttls", "smtp", "--json")
        assert done.status in (KINDS["starttls-broken"].status, KINDS["starttls-refused"].status)


def test_an_interrupt_ends_it_at_once() -> None:
    with (
        listening_server(silent) as port,
        brisk_started("scan", f"localhost:{port}", "-4", "--timeout", "600") as process,
    ):
        wait_for_a_visitor(port)
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            pytest.fail("it went on after an interrupt")
        assert process.returncode == KINDS["interrupted"].status
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()


def wait_for_a_visitor(port: int) -> None:
    """Until the kernel knows an established connection to *port*."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with open("/proc/net/tcp", encoding="ascii") as table:
            rows = [line.split() for line in table][1:]
        if any(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows):
            return
        time.sleep(0.05)
    raise AssertionError("nobody came")
