"""``StapleFile`` against the responder of the openssl program."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

import pytest

from kit import authority, responses
from kit.contexts import client_context, server_context
from kit.greeters import listening_server
from kit.pump import handshake, pair
from kit.responder import responder
from kit.sockets import LOOPBACK
from OpenSSL import crypto

WHO = authority.identity()
CHAIN = [crypto.X509.from_cryptography(each) for each in (WHO.certificate, *WHO.intermediates)]


def store() -> crypto.X509Store:
    made = crypto.X509Store()
    made.add_cert(crypto.X509.from_cryptography(authority.authority().root))
    return made


def test_a_file_is_filled_by_a_responder_and_stapled(tmp_path: Path) -> None:
    path = tmp_path / "server.ocsp"
    staple = crypto.StapleFile(path, CHAIN, store())
    assert (staple(), staple.is_due()) == (b"", True)
    with responder(tmp_path) as url:
        response = staple.refresh(url)
    assert path.read_bytes() == response.to_bytes() == staple()
    assert path.stat().st_mode & 0o777 == 0o644
    assert not staple.is_due()
    there, here = server_context(WHO), client_context()
    there.set_ocsp_server_callback(staple)
    here.set_ocsp_verify(required=True)
    server, client = pair(there, here)
    handshake(server, client)
    assert client.get_tlsext_status_ocsp_resp() == response.to_bytes()


def test_a_revoked_certificate_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "server.ocsp"
    path.write_bytes(responses.response(WHO))
    staple = crypto.StapleFile(str(path), CHAIN, store())
    with responder(tmp_path, revoked=True) as url, pytest.raises(crypto.OCSPError) as caught:
        staple.refresh(url)
    assert caught.value.reason == "revoked"
    assert path.read_bytes() == staple() != b""
    assert sorted(each.name for each in tmp_path.glob(".staple-*")) == []


@pytest.mark.parametrize("state", [each for each, reason in responses.STATES.items() if reason])
def test_what_does_not_vouch_is_not_stapled(tmp_path: Path, state: str) -> None:
    path = tmp_path / "server.ocsp"
    path.write_bytes(responses.response(WHO, state))
    staple = crypto.StapleFile(path, CHAIN, store())
    assert (staple(), staple.is_due()) == (b"", True)


def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "server.ocsp"
    staple = crypto.StapleFile(path, CHAIN, store())
    for state, expected in (
        ("good", True),
        ("revoked", False),
        ("delegated", True),
        ("ahead", True),
    ):
        fresh = tmp_path / "fresh"
        fresh.write_bytes(responses.response(WHO, state))
        os.replace(fresh, path)
        assert bool(staple()) == expected
    path.unlink()
    assert staple() == b""


def test_a_responder_that_makes_no_sense(tmp_path: Path) -> None:
    staple = crypto.StapleFile(tmp_path / "x", CHAIN, store())
    with pytest.raises(ValueError, match="names no OCSP responder"):
        staple.refresh()
    with pytest.raises(ValueError, match="not the address"):
        staple.refresh("file:///etc/passwd")
    for body in (b"<html>", b"x" * 300_000):

        def handle(sock: socket.socket, body: bytes = body) -> None:
            sock.recv(65536)
            with contextlib.suppress(OSError):
                sock.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + body)
                sock.shutdown(socket.SHUT_WR)
                # Closing over unread bytes would reset the connection.
                while sock.recv(65536):
                    pass

        with listening_server(handle) as port:
            url = f"http://{LOOPBACK}:{port}/"
            with pytest.raises(crypto.OCSPError) as caught:
                staple.refresh(url, timeout=5)
            assert caught.value.reason == "malformed"
    with pytest.raises(OSError, match="refused"):
        staple.refresh(url)
    assert list(tmp_path.iterdir()) == []


def test_wrong_arguments(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        crypto.StapleFile(tmp_path / "x", ["no certificate"], store())  # type: ignore[list-item]
    with pytest.raises(TypeError):
        crypto.StapleFile(tmp_path / "x", CHAIN, None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        crypto.StapleFile(5, CHAIN, store())  # type: ignore[arg-type]
