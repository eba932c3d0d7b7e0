"""Private keys and the memory they pass through."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as forms
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from kit import apart

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="reads Linux's /proc/self/mem"
)

PRELUDE = """
    import gc, sys
    from OpenSSL import SSL, crypto

    def snapshot(name):
        '''Write down everything this process can write to.'''
        gc.collect()
        with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
            places = [line.split()[:2] for line in maps]
            # One piece of memory, wiped at the end: what was read is not to be found again.
            piece = memoryview(bytearray(1 << 20))
            with open(sys.argv[1] + "/" + name, "wb", 0) as out:
                for place, rights in places:
                    if rights.startswith("rw"):
                        start, end = (int(each, 16) for each in place.split("-"))
                        try:
                            memory.seek(start)
                            for at in range(start, end, len(piece)):
                                size = memory.readinto(piece[:end - at])
                                out.write(piece[:size])
                        except (OSError, ValueError):
                            continue
            piece[:] = bytes(len(piece))
"""


def secrets(pem: bytes) -> tuple[bytes, bytes]:
    """Half of a prime as numbers lie in memory here, and as files have it."""
    key = load_pem_private_key(pem, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    whole = key.private_numbers().p.to_bytes(128, "big")
    return whole[::-1][:64], whole[64:]


@pytest.mark.holds("D25")
def test_a_key_is_handed_on_without_being_written_out(tmp_path: Path) -> None:
    """It need not be one that can be written out at all."""
    pem = apart.run(
        PRELUDE
        + """
    key = crypto.PKey()
    key.generate_key(crypto.TYPE_RSA, 2048)
    context = SSL.Context(SSL.TLS_METHOD)
    context.use_privatekey(key)
    SSL.Connection(context).use_privatekey(key)
    snapshot("used")
    dumped = crypto.dump_privatekey(crypto.FILETYPE_PEM, key)
    snapshot("dumped")
    print(dumped.decode(), end="")
    """,
        str(tmp_path),
    ).encode()
    in_memory, written = secrets(pem)
    used = (tmp_path / "used").read_bytes()
    if sys.byteorder == "little":
        assert in_memory in used, "the snapshot sees the key"
    assert written not in used


@pytest.mark.holds("C38")
def test_a_key_that_is_gone_is_gone_from_memory(tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption()
    ).decode()
    out = apart.run(
        PRELUDE
        + """
    key = crypto.load_privatekey(crypto.FILETYPE_PEM, sys.stdin.buffer.read())
    context = SSL.Context(SSL.TLS_METHOD)
    context.use_privatekey(key)
    snapshot("alive")
    del key, context
    snapshot("gone")
    print("good")
    """,
        str(tmp_path),
        given=pem,
    )
    assert out == "good\n"
    in_memory, written = secrets(pem.encode())
    alive, gone = ((tmp_path / name).read_bytes() for name in ("alive", "gone"))
    if sys.byteorder == "little":
        assert in_memory in alive, "the snapshot sees the key"
    assert in_memory not in gone
    assert written not in alive
    assert written not in gone
