"""Protocol messages in words, as people read them."""

from __future__ import annotations

import sys

from OpenSSL._native.common import constants

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from OpenSSL._face.ssl.connection import Connection

    class Writes(Protocol):
        """A text file, or what can be written to like one."""

        def write(self, text: str, /) -> object:
            """Take the text."""
            ...


__all__ = ["Trace"]

_VERSIONS = {
    0x0002: "SSL 2.0",
    0x0300: "SSL 3.0",
    0x0301: "TLS 1.0",
    0x0302: "TLS 1.1",
    0x0303: "TLS 1.2",
    0x0304: "TLS 1.3",
    0xFEFF: "DTLS 1.0",
    0xFEFD: "DTLS 1.2",
    0xFEFC: "DTLS 1.3",
    0x0100: "DTLS 1.0 (bad)",
}
_CHANGE, _ALERT, _HANDSHAKE, _HEADER = 20, 21, 22, 256
_CONTENTS = {
    _CHANGE: "ChangeCipherSpec",
    _ALERT: "Alert",
    _HANDSHAKE: "Handshake",
    23: "ApplicationData",
    _HEADER: "RecordHeader",
    257: "InnerContent",
}
_MESSAGES = {
    0: "HelloRequest",
    1: "ClientHello",
    2: "ServerHello",
    3: "HelloVerifyRequest",
    4: "NewSessionTicket",
    5: "EndOfEarlyData",
    8: "EncryptedExtensions",
    11: "Certificate",
    12: "ServerKeyExchange",
    13: "CertificateRequest",
    14: "ServerHelloDone",
    15: "CertificateVerify",
    16: "ClientKeyExchange",
    20: "Finished",
    21: "CertificateUrl",
    22: "CertificateStatus",
    23: "SupplementalData",
    24: "KeyUpdate",
    25: "CompressedCertificate",
    67: "NextProto",
    254: "MessageHash",
}
_LEVELS = {1: "warning", 2: "fatal"}
_ALERTS = {
    getattr(constants, name): name.removeprefix("AD_").lower()
    for name in constants.__all__
    if name.startswith("AD_")
}


class Trace:
    """Writes a line for each protocol message; for :meth:`Context.set_message_callback`.

    The lines are those of ``openssl s_client -msg``: ``>>>`` for what this side sends and
    ``<<<`` for what comes in, the version, the kind of record, the length in hexadecimal digits,
    and which message it is. With ``data`` the bytes follow, sixteen in a line. ``file`` is
    anything that text can be written to, ``sys.stderr`` if it is None. What it raises
    ends the handshake.

    Raises TypeError if ``file`` has no method ``write``.
    ``SSL_trace(3)``
    """

    __module__ = "OpenSSL.SSL"
    __slots__ = ("_data", "_file")

    def __init__(self, file: Writes | None = None, *, data: bool = False) -> None:
        if file is not None and not callable(getattr(file, "write", None)):
            raise TypeError(f"file must be a text file, not {type(file).__name__}")
        self._file = file
        self._data = bool(data)

    def __call__(
        self, connection: Connection, writing: bool, version: int, content_type: int, data: bytes
    ) -> None:
        """Write what a message callback is told."""
        lines = [f"{'>>>' if writing else '<<<'} {self.describe(version, content_type, data)}"]
        if self._data:
            lines += [f"    {data[at : at + 16].hex(' ')}" for at in range(0, len(data), 16)]
        # At once, so that the lines of other connections do not come between.
        (sys.stderr if self._file is None else self._file).write("\n".join(lines) + "\n")

    @staticmethod
    def describe(version: int, content_type: int, data: bytes) -> str:
        """Return the words for one message, without the arrow.

        Raises TypeError for wrong types.
        """
        if version == 0 and content_type == _HEADER:
            version = int.from_bytes(data[1:3], "big")  # not told over DTLS (3.0 to 4.0)
        kind = _CONTENTS.get(content_type, f"Unknown (content_type={content_type})")
        words = f"{_VERSIONS.get(version, f'Version 0x{version:04x}')}, {kind}"
        words += f" [length {len(data):04x}]"
        if content_type == _HANDSHAKE and data:
            words += f", {_MESSAGES.get(data[0], f'Unknown (type={data[0]})')}"
        elif content_type == _ALERT and len(data) == 2:
            level = _LEVELS.get(data[0], f"level {data[0]}")
            words += f", {level} {_ALERTS.get(data[1], f'alert {data[1]}')}"
        return words
