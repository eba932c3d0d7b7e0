"""What a server's first flight says in the clear, up to TLS 1.2."""

from __future__ import annotations

import base64

from kit import pump
from OpenSSL import SSL

#: The second Oakley group (RFC 2409): 1024 bits, which only security level 0 lets pass.
PRIME = bytes.fromhex(
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74"
    "020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437"
    "4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece65381ffffffffffffffff"
)


#: The group ffdhe2048 (RFC 7919).
DH_2048 = """\
-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
"""


def dh_parameters() -> bytes:
    """Parameters for Diffie-Hellman as a PEM file holds them."""
    der = b"\x30\x81\x87\x02\x81\x81\x00" + PRIME + b"\x02\x01\x02"
    body = base64.encodebytes(der)
    return b"-----BEGIN DH PARAMETERS-----\n" + body + b"-----END DH PARAMETERS-----\n"


def exchange_key(server: SSL.Context, client: SSL.Context) -> bytes:
    """The key in the server's half of one TLS 1.2 key exchange."""
    ends = pump.pair(server, client)
    assert not pump.step(ends.client.do_handshake)
    pump.shuttle(ends.client, ends.server)
    assert not pump.step(ends.server.do_handshake)
    flight = pump.outgoing(ends.server)
    while flight:
        size = int.from_bytes(flight[3:5], "big")
        message, flight = flight[5 : 5 + size], flight[5 + size :]
        if message[:1] == b"\x0c":
            break
    else:
        raise AssertionError("no key exchange in the flight")
    if message[4:5] == b"\x03":  # a named curve, its number, a byte of length
        return message[8 : 8 + message[7]]
    at, value = 4, b""
    for _ in range(3):  # prime, generator, key
        size = int.from_bytes(message[at : at + 2], "big")
        value, at = message[at + 2 : at + 2 + size], at + 2 + size
    return value
