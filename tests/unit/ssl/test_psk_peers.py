"""Pre-shared keys with other programs."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from kit import peers, programs, sockets
from kit.shared import IDENTITY, KEY, client_context, server_context
from OpenSSL import SSL

VERSIONS = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
SWITCHES = {"TLSv1.2": "-tls1_2", "TLSv1.3": "-tls1_3"}
WRONG = bytes(32)


@VERSIONS
def test_a_server_of_openssl(version: str) -> None:
    with programs.running(
        *("openssl", "s_server", "-accept", f"{sockets.LOOPBACK}:0", "-rev", SWITCHES[version]),
        *("-nocert", "-psk", KEY.hex(), "-psk_identity", IDENTITY.decode()),
        *("-cipher", "PSK"),
    ) as program:
        port = int(program.expect(r"^ACCEPT .*:(\d+)").group(1))
        for key in (KEY, WRONG):
            with (
                socket.create_connection((sockets.LOOPBACK, port)) as sock,
                sockets.client_end(client_context(version, key), sock) as end,
            ):
                if key == WRONG:
                    with pytest.raises(SSL.Error):
                        end.do_handshake()
                    continue
                end.do_handshake()
                end.sendall(b"hello\n")
                assert sockets.receive_exactly(end, 6) == b"olleh\n"
                assert end.get_psk_identity() == IDENTITY
                end.shutdown()


@VERSIONS
@pytest.mark.parametrize("key", [KEY, WRONG])
def test_a_client_of_openssl(key: bytes, version: str) -> None:
    with (
        sockets.ThreadedServer(server_context(version), sockets.echo) as running,
        programs.running(
            *("openssl", "s_client", "-connect", f"{sockets.LOOPBACK}:{running.port}"),
            *("-psk", key.hex(), "-psk_identity", IDENTITY.decode(), "-cipher", "PSK", "-brief"),
            SWITCHES[version],
        ) as program,
    ):
        if key == WRONG:
            program.expect("(?i)alert")
            assert program.finish() != 0
        else:
            program.write(b"over the wire\n")
            program.expect("over the wire")


def test_a_client_of_gnutls() -> None:
    """Over TLS 1.3: gnutls-cli 3.7.9 ends in a crash over TLS 1.2, with s_server as well."""
    with (
        sockets.ThreadedServer(server_context("TLSv1.3"), sockets.echo) as running,
        programs.running(
            *("gnutls-cli", "--no-ca-verification", "--port", str(running.port)),
            *("--pskusername", IDENTITY.decode(), "--pskkey", KEY.hex()),
            "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.3:+ECDHE-PSK:+DHE-PSK:+PSK",
            sockets.LOOPBACK,
        ) as program,
    ):
        program.write(b"over the wire\n")
        program.expect("over the wire")
        program.expect("PSK authentication. Connected as 'meter 17'")


@VERSIONS
@pytest.mark.parametrize("key", [KEY, WRONG])
def test_a_server_of_gnutls(key: bytes, version: str, tmp_path: Path) -> None:
    known = tmp_path / "keys"
    known.write_text(f"{IDENTITY.decode()}:{KEY.hex()}\n")
    allowed = f"NORMAL:-VERS-ALL:+VERS-{version.replace('v', '')}:+ECDHE-PSK:+DHE-PSK:+PSK"
    with (
        peers.gnutls_server(None, "--pskpasswd", str(known), "--priority", allowed) as server,
        socket.create_connection((sockets.LOOPBACK, server.port)) as sock,
        sockets.client_end(client_context(version, key), sock) as end,
    ):
        if key == WRONG:
            with pytest.raises(SSL.Error):
                end.do_handshake()
            return
        end.do_handshake()
        end.sendall(b"hello\n")
        assert sockets.receive_exactly(end, 6) == b"hello\n"
        assert end.get_psk_identity() == IDENTITY
        end.shutdown()
