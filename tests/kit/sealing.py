"""Records made by hand under a connection's own keys: what a peer could say that ours would not.

``prepare`` a Context before its connections are made; ``sealer`` then says what
such a connection's owner could go on to send.  What it has sent itself since the handshake
has to be counted in.
"""

from __future__ import annotations

import hashlib
import hmac
import weakref
from typing import Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kit.records import ALERT, DATA, HANDSHAKE
from OpenSSL import SSL

TICKETS = 2  # records that a TLS 1.3 server sends behind its handshake

CLOSE_NOTIFY = b"\x01\x00"
KEY_UPDATE = b"\x18\0\0\x01\0"
KEY_UPDATE_REQUESTED = b"\x18\0\0\x01\x01"
HELLO_REQUEST = bytes(4)
#: A NewSessionTicket as short as can be: a second of life, one byte of ticket.
TICKET = b"\x04\0\0\x0f" + b"\0\0\0\x01" + b"\0\0\0\0" + b"\x01\x01" + b"\0\x01\x01" + b"\0\0"

_secrets: weakref.WeakKeyDictionary[SSL.Connection, dict[bytes, bytes]] = (
    weakref.WeakKeyDictionary()
)


def prepare(context: SSL.Context) -> SSL.Context:
    """Have the connections of ``context`` use AES-128-GCM, and note their secrets."""
    context.set_tls13_ciphersuites(b"TLS_AES_128_GCM_SHA256")
    context.set_cipher_list(b"ECDHE+AES128+AESGCM")

    def note(connection: SSL.Connection, line: bytes) -> None:
        label, _, secret = line.split()
        _secrets.setdefault(connection, {})[label] = bytes.fromhex(secret.decode())

    context.set_keylog_callback(note)
    return context


class Sealer(Protocol):
    """Makes one record after the other."""

    def seal(self, kind: int, content: bytes, padding: int = 0) -> bytes: ...


def _expand(secret: bytes, label: bytes, size: int) -> bytes:
    full = b"tls13 " + label
    info = size.to_bytes(2, "big") + bytes([len(full)]) + full + b"\0\x01"
    return hmac.new(secret, info, hashlib.sha256).digest()[:size]


class Sealer13:
    """TLS 1.3; ``secret`` is that of the application's data."""

    def __init__(self, secret: bytes, sequence: int) -> None:
        self._use(secret)
        self._sequence = sequence

    def _use(self, secret: bytes) -> None:
        self._secret, self._sequence = secret, 0
        self._key = AESGCM(_expand(secret, b"key", 16))
        self._iv = int.from_bytes(_expand(secret, b"iv", 12), "big")

    def seal(self, kind: int, content: bytes, padding: int = 0) -> bytes:
        inner = content + bytes([kind]) + bytes(padding)
        header = b"\x17\x03\x03" + (len(inner) + 16).to_bytes(2, "big")
        nonce = (self._iv ^ self._sequence).to_bytes(12, "big")
        self._sequence += 1
        return header + self._key.encrypt(nonce, inner, header)

    def key_update(self, message: bytes = KEY_UPDATE) -> bytes:
        """Say so, and go on with the next keys."""
        record = self.seal(HANDSHAKE, message)
        self.next_keys()
        return record

    def next_keys(self) -> None:
        self._use(_expand(self._secret, b"traffic upd", 32))


def _prf(secret: bytes, seed: bytes, size: int) -> bytes:
    made, step = b"", seed
    while len(made) < size:
        step = hmac.new(secret, step, hashlib.sha256).digest()
        made += hmac.new(secret, step + seed, hashlib.sha256).digest()
    return made[:size]


class Sealer12:
    """TLS 1.2 and, with ``epoch``, DTLS 1.2."""

    def __init__(self, peer: SSL.Connection, from_client: bool, epoch: int | None) -> None:
        client, server, master = peer.client_random(), peer.server_random(), peer.master_key()
        assert client and server and master, "no handshake yet"
        block = _prf(master, b"key expansion" + server + client, 40)
        at = 0 if from_client else 1
        self._key = AESGCM(block[16 * at : 16 * at + 16])
        self._salt = block[32 + 4 * at : 36 + 4 * at]
        self._epoch = epoch
        self._sequence = 1  # Finished was the first

    def seal(self, kind: int, content: bytes, padding: int = 0) -> bytes:
        assert not padding, "only TLS 1.3 pads"
        number = self._sequence if self._epoch is None else self._epoch << 48 | self._sequence
        counted = number.to_bytes(8, "big")
        self._sequence += 1
        version = b"\x03\x03" if self._epoch is None else b"\xfe\xfd"
        size = len(content).to_bytes(2, "big")
        sealed = self._key.encrypt(
            self._salt + counted, content, counted + bytes([kind]) + version + size
        )
        header = bytes([kind]) + version + (b"" if self._epoch is None else counted)
        return header + (len(sealed) + 8).to_bytes(2, "big") + counted + sealed


def sealer(peer: SSL.Connection, from_client: bool) -> Sealer13 | Sealer12:
    """What makes the records that ``peer`` could send next, if it has sent nothing since."""
    name = peer.get_protocol_version_name()
    if name == "TLSv1.3":
        label = b"CLIENT_TRAFFIC_SECRET_0" if from_client else b"SERVER_TRAFFIC_SECRET_0"
        return Sealer13(_secrets[peer][label], 0 if from_client else TICKETS)
    return Sealer12(peer, from_client, 1 if name.startswith("DTLS") else None)


def close_notify(made: Sealer) -> bytes:
    return made.seal(ALERT, CLOSE_NOTIFY)


def fatal(made: Sealer, number: int) -> bytes:
    return made.seal(ALERT, bytes([2, number]))


def data(made: Sealer, content: bytes) -> bytes:
    return made.seal(DATA, content)
