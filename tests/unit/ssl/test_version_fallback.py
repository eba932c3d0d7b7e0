"""A server whose certificate cannot do TLS 1.3 speaks TLS 1.2, as with plain libssl."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from kit import contexts, pump
from OpenSSL import SSL, crypto

Hook = Callable[[SSL.Context], object]
Key = ec.EllipticCurvePrivateKey
#: No signature algorithm of TLS 1.3 is for these.
KEYS: dict[str, Callable[[], Key]] = {
    "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "secp224r1": lambda: ec.generate_private_key(ec.SECP224R1()),
}
#: Callbacks that cannot bring another certificate after libssl has chosen the version.
HOOKS: dict[str, Hook] = {
    "none": lambda context: None,
    "info": lambda context: context.set_info_callback(lambda *_: None),
    "message": lambda context: context.set_message_callback(lambda *_: None),
    "keylog": lambda context: context.set_keylog_callback(lambda *_: None),
    "hello": lambda context: context.set_client_hello_callback(lambda *_: None),
    "protocol": lambda context: context.set_alpn_select_callback(lambda _, offered: offered[0]),
    "verify": lambda context: context.set_verify(SSL.VERIFY_PEER, lambda *_: True),
    "staple": lambda context: context.set_ocsp_server_callback(lambda *_: b""),
    "name, taken away": lambda context: (
        context.set_tlsext_servername_callback(lambda _: None),
        context.set_tlsext_servername_callback(None),
    ),
    "certificate, taken away": lambda context: (
        context.set_cert_callback(lambda _: True),
        context.set_cert_callback(None),
    ),
    "key, taken away": lambda context: (
        context.set_psk_find_session_callback(lambda *_: None),
        context.set_psk_find_session_callback(None),
    ),
    "bridged": lambda context: context.as_ssl_context(),
}


@functools.cache
def identity(kind: str) -> tuple[x509.Certificate, Key]:
    key = KEYS[kind]()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    today = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, today - day, today + day)
    return builder.sign(key, hashes.SHA256()), key


def server_context(kind: str) -> SSL.Context:
    context = contexts.blank_context()
    context.set_cipher_list(b"DEFAULT:@SECLEVEL=1")
    certificate, key = identity(kind)
    context.use_certificate(crypto.X509.from_cryptography(certificate))
    context.use_privatekey(crypto.PKey.from_cryptography_key(key))
    return context


def client_context() -> SSL.Context:
    context = contexts.blank_context()
    context.set_cipher_list(b"DEFAULT:@SECLEVEL=1")
    try:
        context.set_groups_list(b"X25519:P-256:secp256k1:secp224r1")
    except SSL.Error:
        # It may be built without, which is 4.0's own default: no version takes such a key then.
        pytest.skip("this OpenSSL has no such groups in TLS")
    context.set_sigalgs_list(b"ECDSA+SHA256:RSA-PSS+SHA256")
    context.set_alpn_protos([b"p"])
    return context


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.holds("K1")
def test_a_client_that_offers_both_gets_the_older(kind: str, hook: str) -> None:
    context = server_context(kind)
    HOOKS[hook](context)
    ends = pump.connected(context, client_context(), b"localhost")
    assert ends.client.get_protocol_version_name() == "TLSv1.2"


@pytest.mark.parametrize("way", ["hello", "before"])
@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.holds("K1")
def test_so_does_a_chosen_context(kind: str, way: str) -> None:
    front = contexts.server_context()
    front.set_client_hello_callback(
        (lambda end, _: end.set_context(server_context(kind))) if way == "hello" else None
    )
    ends = pump.pair(front, client_context(), b"localhost")
    if way == "before":
        ends.server.set_context(server_context(kind))
    pump.handshake(*ends)
    assert ends.client.get_protocol_version_name() == "TLSv1.2"


def test_signature_algorithms_that_leave_none_for_the_newer() -> None:
    context = contexts.server_context()
    context.set_sigalgs_list(b"ECDSA+SHA224")
    client = contexts.client_context()
    client.set_sigalgs_list(b"ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA224:RSA-PSS+SHA256")
    assert pump.connected(context, client).client.get_protocol_version_name() == "TLSv1.2"
