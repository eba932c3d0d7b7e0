"""``show``: what is in a file of certificates, keys, requests or revocation lists."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import click
from rich.text import Text

from OpenSSL import crypto

from . import files, report
from .chain import describe, name_of
from .connect import ask_passphrase
from .console import output, print_facts, print_json
from .failures import Failure
from .printable import printable, quantity

__all__ = ["gather", "show"]

EXAMPLES = """\b
Examples:
  brisktls show server.pem server.key
  brisktls show bundle.p12 --json
"""

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.+?-----END \1-----[^\n]*\n?", re.DOTALL)
_PEM, _DER = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1


@click.command(epilog=EXAMPLES)
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show(paths: tuple[str, ...], as_json: bool) -> None:
    """Show what is in FILE: PEM, DER or PKCS #12, in any order.

    Certificates with names and dates, whether each is certified by the next, and
    whether a key belongs to one of them.
    """
    data = gather(paths)
    if as_json:
        print_json(data)
        return
    console = output()
    report.show_chain(console, data["certificates"], "as in the files")
    for remark in data["remarks"]:
        console.print(Text(f"\n  {remark}", style="yellow"), soft_wrap=True)
    for kind in ("keys", "requests", "revocation_lists"):
        for each in data[kind]:
            console.print()
            print_facts(console, [(name, str(value)) for name, value in each.items()])


class _Found:
    """The objects of all files, in the order in which they stand there."""

    def __init__(self) -> None:
        self.certificates: list[crypto.X509] = []
        self.keys: list[crypto.PKey] = []
        self.requests: list[crypto.X509Req] = []
        self.lists: list[crypto.CRL] = []

    def take(self, path: str, data: bytes) -> None:
        """Add what is in *data*; raise :class:`Failure` if that is nothing."""
        blocks = list(_BLOCK.finditer(data))
        loaders = self._loaders(path)
        try:
            taken = sum(self._block(loaders, each[1].decode(), each[0]) for each in blocks)
        except crypto.Error as error:
            raise Failure("file", f"cannot use {printable(path)}: a damaged part") from error
        if not taken and not (not blocks and self._binary(path, loaders, data)):
            raise Failure("file", f"cannot use {printable(path)}: nothing known in it")

    def _loaders(self, path: str) -> dict[str, Callable[[int, bytes], None]]:
        def phrase(*unused: object) -> bytes:
            return ask_passphrase(path)

        return {
            "CERTIFICATE": lambda kind, data: self.certificates.append(
                crypto.load_certificate(kind, data)
            ),
            "REQUEST": lambda kind, data: self.requests.append(
                crypto.load_certificate_request(kind, data)
            ),
            "CRL": lambda kind, data: self.lists.append(crypto.load_crl(kind, data)),
            "PRIVATE KEY": lambda kind, data: self.keys.append(
                crypto.load_privatekey(kind, data, phrase if kind == _PEM else None)
            ),
            "PUBLIC KEY": lambda kind, data: self.keys.append(crypto.load_publickey(kind, data)),
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
                line = f"cannot use {printable(path)}: wrong passphrase"
                raise Failure("file", line) from wrong
        mine, key = archive.get_certificate(), archive.get_privatekey()
        self.certificates += [mine] if mine else []
        self.certificates += archive.get_ca_certificates() or ()
        self.keys += [key] if key else []
        return True


def gather(paths: tuple[str, ...]) -> dict[str, Any]:
    """Return what is in the files at *paths*, ready for JSON."""
    found = _Found()
    for path in paths:
        found.take(path, files.read(path))
    return {
        "certificates": [describe(each) for each in found.certificates],
        "keys": [_key(each, found.certificates) for each in found.keys],
        "requests": [_request(each) for each in found.requests],
        "revocation_lists": [_list(each) for each in found.lists],
        "remarks": _order(found.certificates),
    }


def _public(key: crypto.PKey) -> bytes:
    return crypto.dump_publickey(_DER, key)


def _key(key: crypto.PKey, certificates: list[crypto.X509]) -> dict[str, Any]:
    fits = [
        name_of(each.get_subject())
        for each in certificates
        if _public(each.get_pubkey()) == _public(key)
    ]
    belongs = "; ".join(fits) if fits else "none of these certificates"
    return {"key": f"{quantity(key.bits(), 'bit')}", "belongs to": belongs}


def _request(request: crypto.X509Req) -> dict[str, Any]:
    key = request.get_pubkey()
    try:
        signed = request.verify(key)
    except crypto.Error:
        signed = False
    return {
        "request for": name_of(request.get_subject()),
        "key": quantity(key.bits(), "bit"),
        "signature": "holds" if signed else "does NOT hold",
    }


def _list(crl: crypto.CRL) -> dict[str, Any]:
    return {
        "revoked by": name_of(crl.get_issuer()),
        "entries": len(crl.get_revoked() or ()),
    }


def _order(certificates: list[crypto.X509]) -> list[str]:
    """Say which certificate is not certified by the one behind it."""
    return [
        f"{name_of(lower.get_subject())} is not certified by the next, "
        f"{name_of(upper.get_subject())}"
        for lower, upper in itertools.pairwise(certificates)
        if lower.get_issuer() != upper.get_subject()
    ]
