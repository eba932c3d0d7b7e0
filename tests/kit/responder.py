"""``openssl ocsp`` as the responder of the tests' authority."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from kit import authority
from kit.programs import running
from kit.sockets import LOOPBACK

__all__ = ["responder"]

_PEM = serialization.Encoding.PEM


@contextmanager
def responder(folder: Path, revoked: bool = False) -> Iterator[str]:
    """``openssl ocsp`` as the authority's responder: its address."""
    issuer = authority.authority()
    key = issuer.intermediate_key.private_bytes(
        _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "ca.pem").write_bytes(issuer.intermediate.public_bytes(_PEM))
    (folder / "ca.key").write_bytes(key)
    serial = f"{authority.identity().certificate.serial_number:X}"
    serial = "0" * (len(serial) % 2) + serial
    state = "R\t491231235959Z\t240101000000Z" if revoked else "V\t491231235959Z\t"
    (folder / "index.txt").write_text(f"{state}\t{serial}\tunknown\t/CN=server\n")
    with socket.create_server((LOOPBACK, 0)) as sock:
        port = sock.getsockname()[1]
    ca, key_file, index = (str(folder / name) for name in ("ca.pem", "ca.key", "index.txt"))
    with running(
        *("openssl", "ocsp", "-port", str(port), "-index", index, "-nmin", "60"),
        *("-CA", ca, "-rsigner", ca, "-rkey", key_file),
    ) as program:
        program.expect(r"waiting for OCSP client connections")
        yield f"http://{LOOPBACK}:{port}/"
