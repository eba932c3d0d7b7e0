from __future__ import annotations

import socket
import time
from collections.abc import Sequence

import pytest

pytest.importorskip("click")

from kit import authority
from kit.commands import brisk
from kit.greeters import GREETINGS, greeter, listening_server
from OpenSSL._command.failures import KINDS
from OpenSSL._command.starttls import PROTOCOLS

TRUST = ("--cafile", authority.trust_file())

#: What each client has to say, line by line.
ASKED = {
    "smtp": [b"EHLO [127.0.0.1]\r\n", b"STARTTLS\r\n"],
    "imap": [b"a1 STARTTLS\r\n"],
    "pop3": [b"STLS\r\n"],
    "ftp": [b"AUTH TLS\r\n"],
    "postgres": [b"\0\0\0\x08\x04\xd2\x16\x2f"],
    "lmtp": [b"LHLO [127.0.0.1]\r\n", b"STARTTLS\r\n"],
    "nntp": [b"STARTTLS\r\n"],
    "sieve": [b"STARTTLS\r\n"],
    "ldap": [b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"],
    "mysql": [
        b"\x20\0\0\x01\x00\x8a\0\0\0\0\0\x01\x2d" + bytes(23),
    ],
    "xmpp": [
        (
            b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' version='1.0' "
            b"xmlns:stream='http://etherx.jabber.org/streams' to=\"localhost\">"
        ),
        b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    ],
}
#: Those that are asked and then give the last plain-text word.
ANSWERING = [each for each in PROTOCOLS if isinstance(GREETINGS[each][-1], bytes)]


def fails(protocol: str, script: Sequence[bytes | int | None], kind: str, words: str) -> None:
    with greeter(script, tls=False) as port:
        start = time.monotonic()
        done = brisk("connect", f"localhost:{port}", "--starttls", protocol, "--timeout", "5")
        assert time.monotonic() - start < 4
    assert done.status == KINDS[kind].status, done
    assert words in done.err
    assert done.err.count("\n") == 1


def test_every_protocol_has_a_script() -> None:
    assert set(PROTOCOLS) == set(GREETINGS) == set(ASKED)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_tls_follows_the_plain_text(protocol: str) -> None:
    heard: list[bytes] = []
    with greeter(GREETINGS[protocol], heard) as port:
        options = (f"localhost:{port}", *TRUST, "--starttls", protocol)
        done = brisk("connect", *options, "--json")
        assert done.status == 0, done
        assert done.data["starttls"] == protocol
        assert done.data["verification"]["verified"]
        assert done.data["seconds"]["starttls"] > 0
        assert heard == ASKED[protocol]
        assert f"after STARTTLS over {protocol}" in brisk("connect", *options).out


@pytest.mark.parametrize("protocol", ANSWERING)
@pytest.mark.holds("C21")
def test_bytes_in_plain_text_after_the_answer_are_refused(protocol: str) -> None:
    *before, last = GREETINGS[protocol]
    assert isinstance(last, bytes)
    injected = last + (b"a2 OK injected\r\n" if protocol == "imap" else b"250 injected\r\n")
    fails(protocol, [*before, injected], "starttls-broken", "injection")


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3", "ftp", "lmtp", "nntp", "sieve"])
def test_endless_lines_are_cut_off(protocol: str) -> None:
    fails(protocol, [b"2" * 100_000], "starttls-broken", "4096 bytes")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_server_that_says_no(protocol: str) -> None:
    answers: dict[str, Sequence[bytes | int | None]] = {
        "smtp": (*GREETINGS["smtp"][:4], b"454 not now\r\n"),
        "imap": (b"* OK hello\r\n", None, b"a1 BAD no such thing\r\n"),
        "pop3": (b"+OK hello\r\n", None, b"-ERR no such thing\r\n"),
        "ftp": (b"220 hello\r\n", None, b"502 no such thing\r\n"),
        "postgres": (None, b"N"),
        "lmtp": (*GREETINGS["lmtp"][:4], b"454 not now\r\n"),
        "nntp": (b"200 hello\r\n", None, b"580 no\r\n"),
        "sieve": (b'"SASL" ""\r\nOK\r\n',),
        "ldap": (None, b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00"),
        "mysql": (b"\x20\0\0\0\x0a8.0.0\0" + bytes(4) + b"saltsalt\0" + bytes(12),),
        "xmpp": (*GREETINGS["xmpp"][:4], b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
    }
    fails(protocol, answers[protocol], "starttls-refused", "server")


@pytest.mark.parametrize(
    ("protocol", "script", "kind", "words"),
    [
        ("smtp", [b"554 go away\r\n"], "starttls-refused", "554 go away"),
        ("smtp", [b"220 a\r\n", None, b"250-a\r\n250 SIZE\r\n"], "starttls-refused", "only: SIZE"),
        ("smtp", [b"220 a\r\n", None, b"500 what\r\n"], "starttls-refused", "500 what"),
        ("smtp", [b"* OK IMAP\r\n"], "starttls-broken", "not a reply"),
        ("smtp", [b"220-\r\n" * 200], "starttls-broken", "100 lines"),
        ("smtp", [b"220 a\r\n250 b\r\n"], "starttls-broken", "out of turn"),
        ("smtp", [b"220 \x1b[2Jred\r\n", None, b"500 \x1b[2J\r\n"], "starttls-refused", r"\x1b[2J"),
        ("imap", [b"* BYE busy\r\n"], "starttls-refused", "BYE busy"),
        ("imap", [b"* OK\r\n", None, b"* x\r\n" * 200], "starttls-broken", "100 lines"),
        ("pop3", [b"-ERR busy\r\n"], "starttls-refused", "-ERR busy"),
        ("ftp", [b"421 busy\r\n"], "starttls-refused", "421 busy"),
        ("postgres", [None, b"E\0\0\0\x10Ftoo old\0"], "starttls-refused", "error"),
        ("postgres", [None, b"HTTP/1.1"], "starttls-broken", "not a reply"),
        ("ldap", [None, b"HTTP/1.1"], "starttls-broken", "not a reply"),
        ("ldap", [None, b"\x30\x84\xff\xff\xff\xff"], "starttls-broken", "not a reply"),
        ("ldap", [None, b"\x30\x03\x02\x01\x01"], "starttls-broken", "not a reply"),
        ("mysql", [b"\x06\0\0\0\xff\x10\x04busy"], "starttls-refused", "turned us away"),
        ("mysql", [b"\x05\0\0\0\x0a8.0\0"], "starttls-broken", "not a reply"),
        ("mysql", [b"HTTP/1.1 400"], "starttls-broken", "not a reply"),
        ("nntp", [b"400 busy\r\n"], "starttls-refused", "400 busy"),
        ("sieve", [b"BYE busy\r\n"], "starttls-refused", "BYE busy"),
        ("sieve", [b"220 mail\r\n"], "starttls-broken", "not a reply"),
        ("sieve", [b'"A" "b"\r\n' * 200], "starttls-broken", "100 lines"),
        ("xmpp", [None, b"<a><!DOCTYPE x>"], "starttls-broken", "document type"),
        (
            "ldap",
            [None, b"\x30\x84\0\0\0\x10\x02\x01\x01\x78\x84\0\0\0\7\x0a\1\x34\4\0\4\0"],
            "starttls-refused",
            "result code 52",
        ),
        ("xmpp", [None, b"220 mail\r\n"], "starttls-broken", "not a reply"),
        ("xmpp", [None, b"<a>" + b" " * 70000], "starttls-broken", "65536 bytes"),
        (
            "xmpp",
            [
                None,
                b"<s:stream xmlns:s='http://etherx.jabber.org/streams'>",
                b"<s:error><host-unknown/><text>not here</text></s:error>",
            ],
            "starttls-refused",
            "does not serve localhost (see --starttls-name): host-unknown",
        ),
        ("xmpp", [None, b"<a><features><sasl/></features>"], "starttls-refused", "only: sasl"),
        (
            "smtp",
            [b"554-no one from there\r\n554 see https://mx.test/\r\n"],
            "starttls-refused",
            "turned us away: 554 no one from there see https://mx.test/",
        ),
        (
            "smtp",
            [
                b"220 mx\r\n",
                None,
                b"250-mx\r\n250 STARTTLS\r\n",
                None,
                b"454-busy\r\n454 later\r\n",
            ],
            "starttls-refused",
            "454 busy later",
        ),
        (
            "ftp",
            [b"220 ftp\r\n", None, b"530-not\r\n here\r\n530 at all\r\n"],
            "starttls-refused",
            "530 not",
        ),
        (
            "imap",
            [b"* OK\r\n", None, b"* BYE too many of you\r\n"],
            "starttls-refused",
            "hung up: * BYE too many of you",
        ),
    ],
)
@pytest.mark.holds("U-C8")
def test_other_answers(
    protocol: str, script: Sequence[bytes | int | None], kind: str, words: str
) -> None:
    fails(protocol, script, kind, words)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_server_that_says_nothing_is_left_in_time(protocol: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        target = f"localhost:{sock.getsockname()[1]}"
        done = brisk("connect", target, "--starttls", protocol, "--timeout", "0.4")
    assert done.status == KINDS["timeout"].status, done
    assert f"{protocol} greeting" in done.err


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_server_that_closes(protocol: str) -> None:
    def handle(sock: socket.socket) -> None:
        """Close at once."""

    with listening_server(handle) as port:
        done = brisk("connect", f"localhost:{port}", "--starttls", protocol)
    assert done.status in (KINDS["starttls-broken"].status, KINDS["closed"].status), done
    assert "closed the connection" in done.err


@pytest.mark.holds("A5")
def test_our_name_in_ehlo_can_be_chosen_and_is_blamed_when_refused() -> None:
    heard: list[bytes] = []
    with greeter(GREETINGS["smtp"], heard) as port:
        asked = ("connect", f"localhost:{port}", *TRUST, "--starttls", "smtp")
        assert brisk(*asked, "--starttls-name", "mx.test").status == 0
        assert heard[0] == b"EHLO mx.test\r\n"
    script = [b"220 mx\r\n", None, b"550 invalid HELO name\r\n"]
    fails("smtp", script, "starttls-refused", "refused EHLO [127.0.0.1] (see --starttls-name)")
    for name in ("a b", "a\r\nSTARTTLS", "\u00fc"):
        assert brisk("connect", "localhost:1", "--starttls-name", name).status == 2
