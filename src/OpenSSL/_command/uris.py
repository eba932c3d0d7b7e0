"""Keys and certificates that a URI names: in a token, or where a provider of OpenSSL finds them.

A PIN is never shown, and a wrong one is tried once: tokens lock themselves after a few.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from urllib.parse import unquote

from OpenSSL import SSL, crypto
from OpenSSL._face.ssl.uris import found_at

from . import files
from .failures import Failure
from .printable import printable
from .refusals import reasons

__all__ = ["Pair", "contents", "is_uri", "pair", "shown"]

#: A certificate, its key, and the certificates of its chain.
Pair = tuple[crypto.X509, crypto.PKey, list[crypto.X509]]
Ask = Callable[[str], bytes]

_SCHEME = re.compile("[A-Za-z][A-Za-z0-9+-]+:")
_PIN = re.compile("(pin-value=)[^&]*")
#: Pairs that were loaded, or why they could not be, for as long as the process runs.
_known: dict[tuple[str, str], Pair | Failure] = {}
#: A scan connects in several threads, and one of them asks.
_asking = threading.Lock()


def is_uri(name: str) -> bool:
    """Whether *name* is a URI, as ``pkcs11:object=server``, and not the name of a file."""
    return bool(_SCHEME.match(name)) and not os.path.exists(name)


def shown(name: str) -> str:
    """Return a file's name or a URI as it may be printed: on one line, without a PIN."""
    return printable(_PIN.sub(r"\1...", name))


def pair(certificate: str, key: str, ask: Ask) -> Pair:
    """Load a certificate and its key, where at least one is named by a URI.

    The same are loaded once for a process.  Raises :class:`Failure` if there is no such pair.
    """
    place = certificate, key
    with _asking:
        if place not in _known:
            try:
                _known[place] = _pair(certificate, key, ask)
            except Failure as failure:
                _known[place] = failure
        found = _known[place]
    if isinstance(found, Failure):
        raise Failure(found.kind, found.line)
    return found


def _pair(certificate: str, key: str, ask: Ask) -> Pair:
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_security_level(0)  # what is too weak is said where it is used
    key_place, secret = _secret(key, ask)
    place = key_place if certificate == key else _place(certificate)
    try:
        context.use_certificate_uri(place, key_place, secret)
    except (SSL.Error, crypto.Error) as error:
        raise _unusable(certificate, key, error) from error
    mine, mine_key = context.get_certificate(), context.get_privatekey()
    if mine is None or mine_key is None:
        raise Failure("file", f"cannot use {shown(key)}")
    return mine, mine_key, context.get_chain()


def contents(uri: str, ask: Ask) -> tuple[list[crypto.PKey], list[crypto.X509]]:
    """Return the private keys and the certificates that *uri* names."""
    place, secret = _secret(uri, ask)
    try:
        keys, certificates = found_at(place, secret)
    except crypto.Error as error:
        raise _unusable(uri, uri, error) from error
    if not keys and not certificates:
        raise _unusable(uri, uri, crypto.Error("there is nothing at this URI"))
    return keys, certificates


def _place(name: str) -> str:
    return name if is_uri(name) else files.reusable(name)


def _secret(name: str, ask: Ask) -> tuple[str, Callable[[bool], bytes]]:
    """Return where a key is, and what knows its PIN: read from ``pin-source``, or asked for."""
    if not is_uri(name):
        return files.reusable(name), _once(lambda: ask(shown(name)))
    base, _, query = name.partition("?")
    attributes = [each for each in query.split("&") if each]
    sources = [each for each in attributes if each.startswith("pin-source=")]
    others = [each for each in attributes if each not in sources]
    place = "?".join([base, "&".join(others)]) if others else base
    if len(sources) > 1 or (sources and any(each.startswith("pin-value=") for each in others)):
        raise Failure("usage", f"{shown(name)}: one PIN is enough")
    if not sources:
        return place, _once(lambda: ask(shown(name)))
    source = unquote(sources[0].partition("=")[2])
    if source.startswith("|") or (is_uri(source) and not source.startswith("file:")):
        raise Failure("usage", "pin-source takes the name of a file that holds the PIN")
    path = source.removeprefix("file:")
    path = path[2:] if path.startswith("///") else path
    return place, _once(lambda: files.read(path).rstrip(b"\r\n"))


def _once(get: Callable[[], bytes]) -> Callable[[bool], bytes]:
    kept: list[bytes] = []

    def secret(twice: bool) -> bytes:
        if not kept:
            kept.append(get())
        return kept[0]

    return secret


def _unusable(certificate: str, key: str, error: crypto.Error | SSL.Error) -> Failure:
    said = "; ".join(dict.fromkeys(reasons(error))) or str(error)
    if "belongs" in said:
        line = f"the key of {shown(key)} does not belong to {shown(certificate)}"
        return Failure("file", line)
    names = " with ".join(dict.fromkeys(map(shown, (certificate, key))))
    if "unregistered scheme" in said:
        said = (
            "no provider of OpenSSL here knows such a URI; the file that OPENSSL_CONF names has "
            "to name one, and `openssl list -providers` shows whether it does"
        )
    elif not error.errors and "pkcs11:" in certificate + key:
        said += (
            "; does it name one object (token=, object=, id=), and is the PIN right? "
            "A wrong one counts against the token"
        )
    return Failure("file", f"cannot use {names}: {said}")
