"""Contexts as tests need them, made of the reference's file-loading calls only."""

from __future__ import annotations

import os

from kit import authority
from OpenSSL import SSL

#: Set by `make ktls`, so that tests of other topics run over kernel TLS too.
KERNEL_TLS = bool(os.environ.get("BRISKTLS_KTLS"))
#: The shortest of OCSP responses: "try later".  OpenSSL from 3.6 on staples no other bytes.
STAPLE = b"\x30\x03\x0a\x01\x03"
VERSIONS = {"TLSv1.2": SSL.TLS1_2_VERSION, "TLSv1.3": SSL.TLS1_3_VERSION}


def blank_context(version: str | None = None) -> SSL.Context:
    """A context that speaks only ``version``, or whatever the library speaks."""
    context = SSL.Context(SSL.TLS_METHOD)
    if version is not None:
        context.set_min_proto_version(VERSIONS[version])
        context.set_max_proto_version(VERSIONS[version])
    if KERNEL_TLS:
        context.set_options(SSL.OP_ENABLE_KTLS)
    return context


def use_identity(context: SSL.Context, who: authority.Identity) -> None:
    """Let ``context`` present the certificate, intermediates and key of ``who``."""
    context.use_certificate_chain_file(str(who.files.chain))
    context.use_privatekey_file(str(who.files.key))
    context.check_privatekey()


def server_context(
    who: authority.Identity | None = None,
    *,
    version: str | None = None,
    ask_client: bool = False,
    require_client: bool = False,
) -> SSL.Context:
    """A server; ``ask_client`` verifies a client certificate if one comes."""
    context = blank_context(version)
    use_identity(context, who or authority.identity())
    if ask_client or require_client:
        context.load_verify_locations(str(authority.trust_file()))
        context.load_client_ca(str(authority.trust_file()).encode())
        mode = SSL.VERIFY_PEER | (SSL.VERIFY_FAIL_IF_NO_PEER_CERT if require_client else 0)
        context.set_verify(mode)
    return context


def client_context(
    who: authority.Identity | None = None,
    *,
    version: str | None = None,
    verify: bool = True,
) -> SSL.Context:
    """A client that trusts the tests' authority; ``who`` is its own certificate, if any."""
    context = blank_context(version)
    if who is not None:
        use_identity(context, who)
    if verify:
        context.load_verify_locations(str(authority.trust_file()))
        context.set_verify(SSL.VERIFY_PEER)
    return context
