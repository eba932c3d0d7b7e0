"""Several certificates on one port: chosen by the name that is asked for, and stapled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from OpenSSL import SSL, crypto

from . import files
from .chain import alternative_names
from .failures import Failure
from .printable import printable
from .sanity import refuse_invalid
from .settings import load_identity, set_ciphers
from .uris import is_uri, pair, shown

__all__ = ["choose_by_name", "contexts", "staple"]

#: The names of a context's certificates, and the context.
Hosts = list[tuple[list[str], SSL.Context]]


def contexts(
    certificates: Sequence[str],
    keys: Sequence[str],
    ciphers: str | None,
    ask_passphrase: Callable[[str], bytes],
) -> Hosts:
    """Return a context for each set of names, the one for other names first.

    Certificates for the same names are in the same context, if their keys are of
    different kinds: clients get the one that they can verify.
    """
    hosts: Hosts = []
    for place, path in enumerate(certificates):
        key = keys[place] if keys else None
        leaf = _chain(path, key, ask_passphrase)[0]
        names = sorted(alternative_names(leaf))
        refuse_invalid(shown(path), leaf)
        context = next((each for known, each in hosts if known == names), None)
        if context is None:
            context = SSL.Context(SSL.TLS_SERVER_METHOD)
            if ciphers:  # first: their level decides which certificates may be used
                set_ciphers(context, ciphers)
            hosts.append((names, context))
        load_identity(context, path, key, ask_passphrase)
    return hosts


def choose_by_name(hosts: Hosts) -> None:
    """Let the first context give way to the one whose certificate has the name asked for."""
    if len(hosts) < 2:
        return

    def choose(connection: SSL.Connection) -> None:
        asked = (connection.get_servername() or b"").decode("latin-1").lower()
        wild = "*." + asked.partition(".")[2]
        for wanted in (asked, wild):
            for names, context in hosts:
                if wanted in [name.lower() for name in names]:
                    connection.set_context(context)
                    return

    hosts[0][1].set_tlsext_servername_callback(choose)


def staple(
    hosts: Hosts,
    certificates: Sequence[str],
    keys: Sequence[str],
    paths: Sequence[str],
    ask_passphrase: Callable[[str], bytes],
) -> None:
    """Staple the responses in *paths*, each to the certificate that it is about."""
    kept: dict[bytes, crypto.StapleFile] = {}
    chains = [
        _chain(path, keys[place] if keys else None, ask_passphrase)
        for place, path in enumerate(certificates)
    ]
    for path in paths:
        try:
            response = crypto.OCSPResponse.from_bytes(files.read(path))
            chain = next((each for each in chains if _is_about(response, each)), None)
        except (crypto.Error, ValueError) as error:
            raise Failure("file", f"cannot use {printable(path)}: no OCSP response") from error
        if chain is None:
            line = f"{printable(path)} is about none of the certificates (is the issuer in --cert?)"
            raise Failure("file", line)
        kept[chain[0].digest("sha256")] = _judged(path, response, chain)

    def answer(connection: SSL.Connection, data: object) -> bytes:
        mine = connection.get_certificate()
        file = kept.get(mine.digest("sha256")) if mine else None
        return file(connection) if file else b""

    for _, context in hosts:
        context.set_ocsp_server_callback(answer)


def _judged(
    path: str, response: crypto.OCSPResponse, chain: list[crypto.X509]
) -> crypto.StapleFile:
    store = crypto.X509Store()
    store.add_cert(chain[1])
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    try:
        response.verify(chain, store)
    except crypto.OCSPError as error:
        raise Failure("file", f"{printable(path)} would not be believed: {error}") from error
    return crypto.StapleFile(path, chain, store)


def _is_about(response: crypto.OCSPResponse, chain: list[crypto.X509]) -> bool:
    return len(chain) > 1 and response.find(chain[0], chain[1]) is not None


def _chain(path: str, key: str | None, ask_passphrase: Callable[[str], bytes]) -> list[crypto.X509]:
    if is_uri(path):
        leaf, _, others = pair(path, key or path, ask_passphrase)
        return [leaf, *others]
    try:
        return crypto.load_certificates(crypto.FILETYPE_PEM, files.read(path))
    except crypto.Error as error:
        line = f"cannot use {printable(path)}: no certificate in PEM form"
        raise Failure("file", line) from error
