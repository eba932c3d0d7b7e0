"""Protocol messages in words."""

from __future__ import annotations

import io

import pytest

from kit import authority, contexts, datagrams, peers, pump, sockets
from OpenSSL import SSL

FLIPPED = str.maketrans("<>", "><")


def traced(context: SSL.Context, *, data: bool = False) -> io.StringIO:
    text = io.StringIO()
    context.set_message_callback(SSL.Trace(text, data=data))
    return text


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_it_says_what_the_openssl_program_says(version: str) -> None:
    """Whatever one side sends the other one receives, in the same words."""
    context = contexts.server_context(version=version)
    text = traced(context)
    with (
        sockets.listener() as listening,
        peers.openssl_client(listening.getsockname()[1], None, "-msg", version=version) as client,
    ):
        sock, _ = listening.accept()
        with sock, sockets.server_end(context, sock) as server:
            server.do_handshake()
            client.told()
            server.shutdown()
            client.program.expect("warning close_notify")
    # Of records' headers and inner types libssl tells the two sides at other times, and what
    # the version of a hello is, which comes before one is agreed on.
    told = [each for each in text.getvalue().splitlines() if "Handshake" in each]
    theirs = [
        each.translate(FLIPPED)
        for each in client.program.output.splitlines()
        if each[:3] in {"<<<", ">>>"} and "Handshake" in each
    ]
    names = [each.rpartition(", ")[2] for each in told]
    assert {"ClientHello", "ServerHello", "Certificate", "Finished"} <= set(names)
    hello, *rest = told
    assert rest == theirs[1:]
    assert hello.partition(", ")[2] == theirs[0].partition(", ")[2]
    assert ">>> TLS 1.2, RecordHeader [length 0005]" in text.getvalue()
    assert "Alert [length 0002], warning close_notify" in text.getvalue()


def test_alerts_are_named() -> None:
    client = contexts.client_context()
    text = traced(client)
    pump.handshake_outcome(*pump.pair(contexts.server_context(authority.stranger()), client))
    assert ">>> TLS 1.3, Alert [length 0002], fatal unknown_ca\n" in text.getvalue()


def test_over_dtls() -> None:
    client = datagrams.context()
    text = traced(client)
    pump.connected(datagrams.context(serving=True), client)
    assert text.getvalue().startswith(">>> DTLS 1.0, RecordHeader")
    assert "<<< DTLS 1.2, Handshake" in text.getvalue()


def test_bytes_may_follow() -> None:
    client = contexts.client_context()
    text = traced(client, data=True)
    ends = pump.pair(contexts.server_context(), client)
    assert not pump.step(ends.client.do_handshake)
    sent = pump.outgoing(ends.client)
    lines = text.getvalue().splitlines()
    told = "".join(each for each in lines if each.startswith("    "))
    assert bytes.fromhex(told) == sent
    assert max(map(len, lines)) < 80


def test_what_is_unknown_is_told_by_its_number() -> None:
    describe = SSL.Trace.describe
    assert describe(0x0305, 22, b"\x63\0\0\0") == (
        "Version 0x0305, Handshake [length 0004], Unknown (type=99)"
    )
    assert describe(0x0304, 30, b"") == "TLS 1.3, Unknown (content_type=30) [length 0000]"
    assert describe(0x0303, 22, b"") == "TLS 1.2, Handshake [length 0000]"
    assert describe(0x0303, 21, b"\3\xc8") == ("TLS 1.2, Alert [length 0002], level 3 alert 200")


def test_standard_error_is_where_it_writes(capsys: pytest.CaptureFixture[str]) -> None:
    client = contexts.client_context()
    client.set_message_callback(SSL.Trace())
    pump.connected(contexts.server_context(), client)
    assert "ServerHello" in capsys.readouterr().err


def test_what_the_file_raises_comes_out() -> None:
    text = io.StringIO()
    client = contexts.client_context()
    client.set_message_callback(SSL.Trace(text))
    text.close()
    with pytest.raises(ValueError, match="closed file"):
        pump.pair(contexts.server_context(), client).client.do_handshake()


def test_what_is_no_file_is_refused() -> None:
    with pytest.raises(TypeError, match="file must be a text file, not int"):
        SSL.Trace(1)  # type: ignore[arg-type]
