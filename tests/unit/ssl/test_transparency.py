"""Certificate transparency, with a log that the test is itself."""

from __future__ import annotations

import base64
import hashlib
import socket
import struct
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kit import authority, contexts, peers, pump, sockets, verdicts
from OpenSSL import SSL

ISSUED = 1_700_000_000_000  # milliseconds since 1970
TIMESTAMPS = 18  # the extension's number

LOG = ec.generate_private_key(ec.SECP256R1())


def spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def timestamp(der: bytes, log: ec.EllipticCurvePrivateKey = LOG) -> bytes:
    """A list with one signed timestamp for a certificate (RFC 6962, 3.2 and 3.3)."""
    entry = struct.pack(">BBQH", 0, 0, ISSUED, 0) + len(der).to_bytes(3, "big") + der + b"\0\0"
    signature = log.sign(entry, ec.ECDSA(hashes.SHA256()))
    name = hashlib.sha256(spki(log)).digest()
    stamp = b"\0" + name + struct.pack(">QH", ISSUED, 0) + b"\4\3"
    stamp += struct.pack(">H", len(signature)) + signature
    listed = struct.pack(">H", len(stamp)) + stamp
    return struct.pack(">H", len(listed)) + listed


def server_info(stamps: bytes, folder: Path) -> Path:
    """The file that lets ``openssl s_server`` send timestamps."""
    extension = struct.pack(">HH", TIMESTAMPS, len(stamps)) + stamps
    text = base64.encodebytes(extension).decode()
    path = folder / "info.pem"
    path.write_text(
        "-----BEGIN SERVERINFO FOR TIMESTAMPS-----\n"
        f"{text}-----END SERVERINFO FOR TIMESTAMPS-----\n"
    )
    return path


def log_file(folder: Path, log: ec.EllipticCurvePrivateKey = LOG) -> Path:
    path = folder / "logs.cnf"
    key = base64.b64encode(spki(log)).decode()
    path.write_text(f"enabled_logs = one\n[one]\ndescription = One\nkey = {key}\n")
    return path


def asking(folder: Path, strict: bool = True) -> SSL.Context:
    context = contexts.client_context(version="TLSv1.2")
    context.set_ctlog_list_file(log_file(folder))
    context.enable_ct(strict)
    return context


@pytest.mark.parametrize("where", ["context", "connection"])
@pytest.mark.parametrize(
    ("kind", "status"),
    [("good", "valid"), ("other certificate", "invalid"), ("other log", "unknown log")],
)
def test_a_server_with_timestamps(kind: str, status: str, where: str, tmp_path: Path) -> None:
    who = authority.identity()
    stamps = {
        "good": timestamp(who.der),
        "other certificate": timestamp(authority.stranger().der),
        "other log": timestamp(who.der, ec.generate_private_key(ec.SECP256R1())),
    }[kind]
    info = server_info(stamps, tmp_path)
    with peers.openssl_server(who, "-serverinfo", str(info), version="TLSv1.2") as server:
        for strict in (True, False):
            context = asking(tmp_path, strict)
            if where == "connection":
                context.disable_ct()
                assert context.ct_is_enabled() is False
            with (
                socket.create_connection((sockets.LOOPBACK, server.port)) as sock,
                sockets.client_end(context, sock, b"localhost") as end,
            ):
                if where == "connection":
                    end.enable_ct(strict)
                assert end.ct_is_enabled() is True
                if strict and kind != "good":
                    with verdicts.protocol_error("no valid scts"):
                        end.do_handshake()
                    continue
                end.do_handshake()
                (found,) = end.get_peer_scts()
                assert found == {
                    "version": 0,
                    "log_id": found["log_id"],
                    "timestamp": ISSUED / 1000,
                    "source": "tls_extension",
                    "validation_status": status,
                }
                assert len(found["log_id"]) == 32
                end.shutdown()


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_server_without_timestamps(version: str, tmp_path: Path) -> None:
    for strict in (True, False):
        context = contexts.client_context(version=version)
        context.set_ctlog_list_file(log_file(tmp_path))
        context.enable_ct(strict)
        assert context.ct_is_enabled() is True
        ends = pump.pair(contexts.server_context(version=version), context)
        failure = pump.handshake_outcome(*ends).client
        if strict:
            assert verdicts.is_protocol_error(failure, "no valid scts")
        else:
            assert failure is None
            assert ends.client.get_peer_scts() == []


def test_what_is_switched_off_is_not_asked_for(tmp_path: Path) -> None:
    context = asking(tmp_path)
    ends = pump.pair(contexts.server_context(version="TLSv1.2"), context)
    ends.client.disable_ct()
    assert ends.client.ct_is_enabled() is False
    assert pump.handshake_outcome(*ends).client is None
    context.disable_ct()
    other = pump.pair(contexts.server_context(version="TLSv1.2"), context)
    assert pump.handshake_outcome(*other).client is None


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_no_session_stands_for_timestamps(version: str, tmp_path: Path) -> None:
    server = contexts.server_context(version=version)
    context = contexts.client_context(version=version)
    first = pump.connected(server, context)
    pump.drain(first.client)
    session = first.client.get_session()
    assert session is not None
    context.set_ctlog_list_file(log_file(tmp_path))
    context.enable_ct()
    ends = pump.pair(server, context)
    ends.client.set_session(session)
    assert verdicts.is_protocol_error(pump.handshake_outcome(*ends).client, "no valid scts")


def test_another_context_brings_its_own(tmp_path: Path) -> None:
    plain = contexts.client_context(version="TLSv1.2")
    for first, second, asked in (
        (plain, asking(tmp_path), True),
        (asking(tmp_path), plain, False),
    ):
        ends = pump.pair(contexts.server_context(version="TLSv1.2"), first)
        ends.client.set_context(second)
        assert ends.client.ct_is_enabled() is asked
        assert (pump.handshake_outcome(*ends).client is not None) is asked
    ends = pump.pair(contexts.server_context(version="TLSv1.2"), asking(tmp_path))
    ends.client.enable_ct()
    ends.client.set_context(plain)
    assert ends.client.ct_is_enabled() is True


def test_bad_lists_of_logs(tmp_path: Path) -> None:
    context = contexts.client_context()
    with pytest.raises(SSL.Error):
        context.set_ctlog_list_file(tmp_path / "no such file")
    bad = tmp_path / "bad.cnf"
    bad.write_text("enabled_logs = one\n[one]\ndescription = One\nkey = AAAA\n")
    with pytest.raises(SSL.Error):
        context.set_ctlog_list_file(bad)
    with pytest.raises(TypeError):
        context.set_ctlog_list_file(5)  # type: ignore[arg-type]
    assert time.time() > ISSUED / 1000
