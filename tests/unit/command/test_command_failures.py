from __future__ import annotations

import errno
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("click")

from kit import authority
from kit.commands import COMMAND, brisk, environment
from OpenSSL import crypto
from OpenSSL._command import listener, visitor
from OpenSSL._command.chain import alternative_names, describe
from OpenSSL._command.failures import KINDS, Failure, from_os_error, table
from OpenSSL._command.printable import printable, quantity


def test_each_status_is_distinct_and_listed_in_the_help() -> None:
    statuses = [kind.status for kind in KINDS.values()]
    assert len(set(statuses)) == len(statuses)
    assert 0 not in statuses
    text = brisk("--help").out
    for kind in KINDS.values():
        assert f"{kind.status:3}  {kind.meaning}" in text
    assert table() in "\n".join(line[2:] for line in text.splitlines())


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "refused"),
        (TimeoutError("slow"), "timeout"),
        (socket.gaierror(-2, "Name or service not known"), "name-resolution"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "unreachable"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "unreachable"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), "closed"),
        (OSError(errno.EINVAL, "Invalid argument"), "network"),
    ],
)
def test_system_errors_have_their_kind(error: OSError, kind: str) -> None:
    failure = from_os_error(error, "what")
    assert failure.kind == kind
    assert failure.line.startswith("what: ")
    assert failure.status == KINDS[kind].status


def test_a_failure_is_one_of_the_table() -> None:
    with pytest.raises(KeyError):
        _ = Failure("no-such-kind", "").status


def test_strangers_cannot_command_the_terminal() -> None:
    assert printable("a\x1b[2Jb\r\n\u202e") == r"a\x1b[2Jb\r\n\u202e"
    assert printable(b"\xff\x07") == r"\xff\x07"
    assert printable("x" * 300) == "x" * 197 + "..."
    assert printable("x" * 200) == "x" * 200


def test_quantities_agree_with_their_noun() -> None:
    assert quantity(1, "day") == "1 day"
    assert quantity(0, "day") == "0 days"
    assert quantity(2, "entry", "entries") == "2 entries"


def test_a_certificate_that_cannot_be_read_is_described_all_the_same() -> None:
    certificate = crypto.load_certificate(crypto.FILETYPE_PEM, authority.identity().pem)
    der = crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)
    ends = certificate.get_notAfter()
    assert ends is not None
    # A month of 99, and a first name that is longer than all names.
    spoilt = der.replace(ends[2:], ends[2:4] + b"99" + ends[6:])
    at = spoilt.index(b"\x55\x1d\x11")
    first = spoilt.index(b"\x82", at)
    spoilt = spoilt[: first + 1] + b"\x7f" + spoilt[first + 2 :]
    row = describe(crypto.load_certificate(crypto.FILETYPE_ASN1, spoilt))
    assert (row["names"], row["not_after"], row["days_left"]) == ([], None, None)
    assert row["not_before"] is not None
    assert alternative_names(certificate)


def test_a_closed_standard_output_is_nobodys_error() -> None:
    command = ["sh", "-c", 'exec "$@" >&-', "sh", *COMMAND, "version"]
    done = subprocess.run(command, env=environment(), stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_files_name_cannot_command_the_terminal_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = crypto.load_privatekey(crypto.FILETYPE_PEM, authority.identity().key_pem)
    path = tmp_path / "a\x1b[2Jb.pem"
    locked = crypto.dump_privatekey(crypto.FILETYPE_PEM, key, "aes256", b"words")
    path.write_bytes(authority.identity().pem + locked)
    for stdin in (sys.stdin, None):
        monkeypatch.setattr(sys, "stdin", stdin)
        done = brisk("connect", "localhost:1", "--cert", path)
        assert done.status == KINDS["file"].status
        assert "\x1b" not in done.err
        assert r"a\x1b[2Jb.pem needs a passphrase" in done.err


def test_an_address_that_is_found_twice_is_listened_on_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **named: find(*args, **named) * 2)
    (port,) = listener.open_ports("127.0.0.1", 0)
    port.close()


@pytest.mark.parametrize(
    ("address", "crowd"),
    [
        ("192.0.2.1:5", "192.0.2.1"),
        ("[2001:db8:0:1:2:3:4:5]:5", "2001:db8:0:1::/64"),
        ("[2001:db8:0:1::9]:6", "2001:db8:0:1::/64"),
        ("[fe80::1%eth0]:7", "fe80::/64"),
        ("[::1]:8", "::/64"),
    ],
)
@pytest.mark.holds("S19")
def test_one_network_of_ipv6_is_one_crowd(address: str, crowd: str) -> None:
    assert visitor.crowd_of(address) == crowd
