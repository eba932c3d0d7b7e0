"""A client of TLS 1.2 by hand, with a shared key and no encryption, that may say anything.

It knows one cipher, PSK-NULL-SHA256 (RFC 5487), and can shake hands again on the same
connection, with a hello that no library would write.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from collections.abc import Sequence

from kit import pump, shared
from kit.hellos import Hello
from kit.records import HANDSHAKE, record
from OpenSSL import SSL

PSK_NULL_SHA256 = 0x00B0
CHANGE_CIPHER_SPEC = 20
RENEGOTIATION_INFO = 0xFF01

Extensions = Sequence[tuple[int, bytes]]


def derived(secret: bytes, label: bytes, seed: bytes, size: int) -> bytes:
    """The PRF of RFC 5246, section 5."""
    block, made = label + seed, b""
    while len(made) < size:
        block = hmac.digest(secret, block, "sha256")
        made += hmac.digest(secret, block + label + seed, "sha256")
    return made[:size]


class Client:
    """Its server is a Connection in memory, whose Context is of ``server_context``."""

    def __init__(self, server: SSL.Connection) -> None:
        self.server = server
        self.key: bytes | None = None
        self.count = 0
        self.finished = b""
        self.received = b""
        self.sealed = False

    def _send(self, kind: int, body: bytes) -> None:
        if self.key is not None:
            head = self.count.to_bytes(8, "big") + bytes([kind, 3, 3])
            size = len(body).to_bytes(2, "big")
            body += hmac.digest(self.key, head + size + body, "sha256")
            self.count += 1
        self.server.bio_write(record(kind, body))

    def messages(self) -> list[bytes]:
        """The handshake messages that the server has sent since, but not its Finished."""
        self.received += pump.outgoing(self.server)
        found = []
        while self.received:
            kind, size = self.received[0], int.from_bytes(self.received[3:5], "big")
            body, self.received = self.received[5 : 5 + size], self.received[5 + size :]
            if self.sealed:
                body = body[:-32]
            if kind == CHANGE_CIPHER_SPEC:
                self.sealed = True
            while kind == HANDSHAKE and body:
                length = 4 + int.from_bytes(body[1:4], "big")
                found.append(body[:length])
                body = body[length:]
        return found

    def shake(self, extensions: Extensions = ()) -> None:
        """A whole handshake; raises what the server raises."""
        info = RENEGOTIATION_INFO, bytes([len(self.finished)]) + self.finished
        hello = Hello(suites=(PSK_NULL_SHA256,), extensions=(info, *extensions)).message()
        self._send(HANDSHAKE, hello)
        self._turn()
        answer = self.messages()
        name = shared.IDENTITY
        exchange = b"\x10" + (len(name) + 2).to_bytes(3, "big")
        exchange += len(name).to_bytes(2, "big") + name
        said = hello + b"".join(answer) + exchange
        randoms = hello[6:38], answer[0][6:38]
        size = len(shared.KEY).to_bytes(2, "big")
        secret = size + bytes(len(shared.KEY)) + size + shared.KEY
        master = derived(secret, b"master secret", randoms[0] + randoms[1], 48)
        self._send(HANDSHAKE, exchange)
        self._send(CHANGE_CIPHER_SPEC, b"\1")
        self.key = derived(master, b"key expansion", randoms[1] + randoms[0], 64)[:32]
        self.count = 0
        digest = hashlib.sha256(said).digest()
        self.finished = derived(master, b"client finished", digest, 12)
        self._send(HANDSHAKE, b"\x14\0\0\x0c" + self.finished)
        self._turn()
        self.messages()

    def _turn(self) -> None:
        with contextlib.suppress(SSL.WantReadError):
            self.server.recv(1)  # shakes hands, the second time too


def server_context() -> SSL.Context:
    """It lets clients shake hands again."""
    context = shared.server_context("TLSv1.2")
    context.set_cipher_list(b"PSK-NULL-SHA256:@SECLEVEL=0")
    context.set_options(SSL.OP_ALLOW_CLIENT_RENEGOTIATION)
    return context
