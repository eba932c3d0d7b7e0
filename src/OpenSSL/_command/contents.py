"""The certificates, keys, requests and revocation lists in files of any form."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from OpenSSL import crypto

from . import files
from .connect import ask_passphrase
from .failures import Failure
from .uris import contents, is_uri, shown

__all__ = ["Contents"]

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.+?-----END \1-----[^\n]*\n?", re.DOTALL)
_PEM, _DER = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1


@dataclass
class Contents:
    """The objects of all files, in the order in which they stand there, each with its file."""

    certificates: list[tuple[str, crypto.X509]] = field(default_factory=list)
    keys: list[tuple[str, crypto.PKey]] = field(default_factory=list)
    requests: list[tuple[str, crypto.X509Req]] = field(default_factory=list)
    lists: list[tuple[str, crypto.CRL]] = field(default_factory=list)

    def take(self, path: str) -> None:
        """Add what is in the file at *path*, or what a URI in its place names.

        Raises :class:`Failure` if it cannot be read, or nothing known is in it.
        """
        if is_uri(path):
            keys, certificates = contents(path, ask_passphrase)
            self.keys += [(path, each) for each in keys]
            self.certificates += [(path, each) for each in certificates]
            return
        data = files.read(path)
        blocks = list(_BLOCK.finditer(data))
        loaders = self._loaders(path)
        labels = [each[1].decode() for each in blocks]
        taken = 0
        for label, block in zip(labels, blocks, strict=True):
            try:
                taken += self._block(loaders, label, block[0])
            except crypto.Error as error:
                name = label.removeprefix("ENCRYPTED ").lower()
                why = "wrong passphrase, or damaged" if _encrypted(block[0]) else "it is damaged"
                raise _unusable(path, f"its {name} cannot be read: {why}") from error
        if taken:
            return
        if labels:
            raise _unusable(path, f"nothing known in it, only {', '.join(map(repr, labels))}")
        if not self._binary(path, loaders, data):
            raise _unusable(path, _nothing(data))

    def _loaders(self, path: str) -> dict[str, Callable[[int, bytes], None]]:
        def phrase(*unused: object) -> bytes:
            return ask_passphrase(path)

        def key(kind: int, data: bytes) -> None:
            asked = phrase if kind == _PEM else None
            self.keys.append((path, crypto.load_privatekey(kind, data, asked)))

        return {
            "CERTIFICATE": lambda kind, data: self.certificates.append(
                (path, crypto.load_certificate(kind, data))
            ),
            "REQUEST": lambda kind, data: self.requests.append(
                (path, crypto.load_certificate_request(kind, data))
            ),
            "CRL": lambda kind, data: self.lists.append((path, crypto.load_crl(kind, data))),
            "PRIVATE KEY": key,
            "PUBLIC KEY": lambda kind, data: self.keys.append(
                (path, crypto.load_publickey(kind, data))
            ),
        }

    @staticmethod
    def _block(loaders: dict[str, Callable[[int, bytes], None]], label: str, data: bytes) -> bool:
        for ending, load in loaders.items():
            if label.endswith(ending):
                load(_PEM, data)
                return True
        return False

    def _binary(
        self, path: str, loaders: dict[str, Callable[[int, bytes], None]], data: bytes
    ) -> bool:
        for load in loaders.values():
            try:
                load(_DER, data)
            except crypto.Error:
                continue
            return True
        return self._archive(path, data)

    def _archive(self, path: str, data: bytes) -> bool:
        try:
            archive = crypto.load_pkcs12(data, b"")
        except crypto.Error as error:
            if "mac verify failure" not in str(error).lower():
                return False
            try:
                archive = crypto.load_pkcs12(data, ask_passphrase(path))
            except crypto.Error as wrong:
                raise _unusable(path, "wrong passphrase") from wrong
        mine, key = archive.get_certificate(), archive.get_privatekey()
        both = [mine] if mine else []
        both += archive.get_ca_certificates() or ()
        self.certificates += [(path, each) for each in both]
        self.keys += [(path, key)] if key else []
        return True


def _encrypted(block: bytes) -> bool:
    return b"ENCRYPTED" in block[:200]


def _nothing(data: bytes) -> str:
    if not data.strip():
        return "it is empty"
    if b"-----BEGIN " in data:
        return "a part begins in it, and never ends"
    return "neither PEM, DER nor PKCS #12"


def _unusable(path: str, why: str) -> Failure:
    return Failure("file", f"cannot use {shown(path)}: {why}")
