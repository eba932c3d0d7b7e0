"""From a command's options to a client's context."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from OpenSSL import SSL, crypto

from . import files
from .failures import Failure
from .printable import printable
from .refusals import reasons
from .trust import Verdict
from .uris import is_uri, pair, shown

__all__ = [
    "DTLS_VERSIONS",
    "VERSIONS",
    "Settings",
    "client_context",
    "load_identity",
    "no_passphrase",
    "set_ciphers",
    "trust",
    "unusable",
]

VERSIONS = {
    "1.0": SSL.TLS1_VERSION,
    "1.1": SSL.TLS1_1_VERSION,
    "1.2": SSL.TLS1_2_VERSION,
    "1.3": SSL.TLS1_3_VERSION,
}

DTLS_VERSIONS = {"1.0": SSL.DTLS1_VERSION, "1.2": SSL.DTLS1_2_VERSION}

_TOO_WEAK = "below the security level that --ciphers ALL:@SECLEVEL=0 would set"


@dataclass
class Settings:
    """What a client offers, trusts and shows."""

    cafile: str | None = None
    capath: str | None = None
    certificate: str | None = None
    key: str | None = None
    minimum: str | None = None
    maximum: str | None = None
    ciphers: str | None = None
    alpn: tuple[str, ...] = ()
    starttls_name: str | None = None
    groups: str | None = None
    sigalgs: str | None = None
    datagrams: bool = False
    crls: tuple[str, ...] = ()


def client_context(
    settings: Settings, verdict: Verdict, ask_passphrase: Callable[[str], bytes]
) -> SSL.Context:
    """Return a context for *settings*; raise :class:`Failure` for a file it cannot use."""
    method = SSL.DTLS_CLIENT_METHOD if settings.datagrams else SSL.TLS_CLIENT_METHOD
    versions = DTLS_VERSIONS if settings.datagrams else VERSIONS
    context = SSL.Context(method)
    # A server that leaves without a closing message is reported, not ignored.
    context.set_verify(SSL.VERIFY_PEER, verdict.callback)
    if settings.ciphers:  # first: their level decides which certificates may be used
        set_ciphers(context, settings.ciphers)
    trust(context, settings)
    for path in settings.crls:
        _add_revocations(context, path)
    if settings.certificate:
        load_identity(context, settings.certificate, settings.key, ask_passphrase)
    # Without this nothing would be spoken that is older than the system-wide
    # default of openssl.cnf(5) allows even when that is what was asked for.
    if settings.minimum:
        context.set_min_proto_version(versions[settings.minimum])
    if settings.maximum:
        context.set_max_proto_version(versions[settings.maximum])
    for names, setter, what in (
        (settings.groups, context.set_groups_list, "group"),
        (settings.sigalgs, context.set_sigalgs_list, "signature algorithm"),
    ):
        if names:
            _names(setter, names, what)
    if settings.alpn:
        context.set_alpn_protos([each.encode("ascii") for each in settings.alpn])
    return context


def no_passphrase(path: str) -> bytes:
    """Have no passphrase for the key at *path*."""
    raise Failure("file", f"{printable(path)} needs a passphrase")


def _names(setter: Callable[[str], None], text: str, what: str) -> None:
    try:
        setter(text.replace(",", ":"))
    except (SSL.Error, ValueError, UnicodeError) as error:
        raise Failure("usage", f"no such {what}: {printable(text)}") from error


def load_identity(
    context: SSL.Context,
    certificate: str,
    key: str | None,
    ask_passphrase: Callable[[str], bytes],
) -> None:
    """Give *context* the chain in one PEM file or URI, and the key in it or in another."""
    key = key or certificate
    if is_uri(certificate) or is_uri(key):
        _load_uris(context, certificate, key, ask_passphrase)
        return
    asked: list[str] = []

    def passphrase(limit: int, twice: bool, data: object) -> bytes:
        asked.append(key)
        return ask_passphrase(key)

    try:
        context.use_certificate_chain_file(files.reusable(certificate))
    except SSL.Error as error:
        hint = _TOO_WEAK if _is_weak(error) else "no certificate in PEM form"
        raise unusable(certificate, hint, error) from error
    context.set_passwd_cb(passphrase)
    try:
        context.use_privatekey_file(files.reusable(key))
        context.check_privatekey()
    except SSL.Error as error:
        if any("mismatch" in each for each in reasons(error)):
            line = f"the key in {printable(key)} does not belong to {printable(certificate)}"
            line += "; of a chain, the first certificate has to be ours"
            raise Failure("file", line) from error
        if key == certificate and not asked:
            line = f"cannot use {printable(key)}: no private key in it (see --key)"
            raise Failure("file", line) from error
        hint = "wrong passphrase, or a damaged key" if asked else "no private key in PEM form"
        raise unusable(key, hint, error) from error


def _load_uris(
    context: SSL.Context, certificate: str, key: str, ask_passphrase: Callable[[str], bytes]
) -> None:
    mine, mine_key, chain = pair(certificate, key, ask_passphrase)
    try:
        context.use_certificate_and_key(mine, mine_key, chain)
    except SSL.Error as error:
        hint = _TOO_WEAK if _is_weak(error) else "OpenSSL refuses it"
        raise unusable(shown(certificate), hint, error) from error


def _is_weak(error: SSL.Error) -> bool:
    return any(each.endswith(("too small", "too weak")) for each in reasons(error))


def trust(context: SSL.Context, settings: Settings) -> None:
    """Let *context* trust whom *settings* name, or else whom the system does."""
    if not settings.cafile and not settings.capath:
        context.set_default_verify_paths()
        return
    cafile = files.reusable(settings.cafile) if settings.cafile else None
    if settings.capath and not os.path.isdir(settings.capath):
        raise Failure("file", f"{printable(settings.capath)}: not a directory")
    try:
        context.load_verify_locations(cafile, settings.capath)
    except SSL.Error as error:
        name = settings.cafile or settings.capath or ""
        raise unusable(name, "no certificates in PEM form", error) from error


def _add_revocations(context: SSL.Context, path: str) -> None:
    """Look the peer's own certificate up in the list at *path*, which must be its issuer's."""
    data = files.read(path)
    kind = crypto.FILETYPE_PEM if b"-----BEGIN" in data else crypto.FILETYPE_ASN1
    store = context.get_cert_store()
    try:
        if store is not None:
            store.add_crl(crypto.load_crl(kind, data))
            store.set_flags(crypto.X509StoreFlags.CRL_CHECK)
    except crypto.Error as error:
        raise Failure("file", f"cannot use {printable(path)}: no revocation list") from error


def set_ciphers(context: SSL.Context, text: str) -> None:
    """Set ciphers: ``TLS_`` names are TLS 1.3 suites; the rest is a cipher string."""
    parts = [each for each in text.replace(",", ":").split(":") if each]
    modern = [each for each in parts if each.startswith("TLS_")]
    older = [each for each in parts if not each.startswith("TLS_")]
    try:
        if modern:
            context.set_tls13_ciphersuites(":".join(modern).encode("ascii"))
        if older:
            context.set_cipher_list(":".join(older).encode("ascii"))
    except (SSL.Error, UnicodeError) as error:
        raise Failure("usage", f"no such cipher: {printable(text)}") from error


def unusable(path: str, hint: str, error: SSL.Error) -> Failure:
    """Return the :class:`Failure` for a file that OpenSSL refused, with its reasons."""
    said = "; ".join(reasons(error))
    return Failure("file", f"cannot use {printable(path)}: {hint}" + (f" ({said})" if said else ""))
