"""What may be done about an error of OpenSSL, in words; loaded with the first error."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from OpenSSL._details import ErrorDetail
    from OpenSSL._exceptions import CryptoError, Error

__all__ = ["about_verification", "advice"]

_ISSUER = (
    "the peer left an intermediate certificate out, or its authority is not trusted here: "
    "load_verify_locations and set_default_verify_paths say who is"
)
_WEAK = "set_security_level and set_cipher_list('...:@SECLEVEL=n') say what is strong enough"
_DATES = "is the clock of this machine right?"

#: By the numbers of ``X509_V_ERR_*``.
_VERIFICATION = {
    **dict.fromkeys((2, 20, 21), _ISSUER),
    3: "no revocation list of this issuer is there (X509Store.add_crl, load_verify_data)",
    **dict.fromkeys((9, 10), _DATES),
    12: "a newer revocation list is needed (X509Store.add_crl)",
    18: "to trust this certificate alone, give it to load_verify_locations",
    19: "its root is not trusted here: load_verify_locations and set_default_verify_paths say "
    "who is",
    26: "its extendedKeyUsage does not allow this role: a server's certificate, or a client's?",
    62: "is it the host that was wanted (set_host, server_hostname)? Only the certificate's "
    "alternative names count",
    64: "is it the address that set_ip_asc or set_host was told? A name is not enough",
    **dict.fromkeys((66, 67, 68), _WEAK),
}

_NO_SCHEME = (
    "neither a file that is there, nor a URI of a provider that is loaded (the configuration that "
    "OPENSSL_CONF names loads them; a whole word such as pkcs11: is the scheme)"
)
#: By OpenSSL's reasons.
_REASONS = {
    "no start line": "no PEM block of the wanted kind is there: another kind of file, DER, or "
    "the name of a file where its content is asked for?",
    "no certificate or crl found": "another kind of file, or DER?",
    "unregistered scheme": _NO_SCHEME,
    "path must be absolute": "after file: stands a whole path, as in file:/etc/ssl/server.pem; "
    "a path from the current folder is given without file:",
    "bad end line": "the file is cut off, or damaged",
    "bad decrypt": "most likely the passphrase is wrong",
    "maybe wrong password": "most likely the passphrase is wrong",
    "mac verify failure": "most likely the passphrase is wrong",
    "bad password read": "the key is encrypted, and nobody gave its passphrase (set_passwd_cb, or "
    "the argument of load_privatekey)",
    "processing error": "a passphrase or PIN is wanted, and none was given",
    "problems getting password": "the key is encrypted, and its passphrase was not given",
    "key values mismatch": "this private key does not belong to that certificate (of a chain in a "
    "file, the first counts)",
    "no certificate assigned": "no certificate for this kind of key is there yet "
    "(use_certificate_chain_file)",
    "no private key assigned": "the certificate has no key yet, or lost the one that did not "
    "belong to it (use_privatekey_file)",
    **dict.fromkeys(
        ("connection type not set", "uninitialized"),
        "set_connect_state or set_accept_state says which end this is",
    ),
    "protocol is shutdown": "this end has sent close_notify: nothing can be sent any more",
    "no cipher match": "it names no suite that is known here; those of TLS 1.3 are for "
    "set_tls13_ciphersuites",
    "wrong version number": "what came is not TLS: is it the right port, or does the protocol "
    "begin in plain text (STARTTLS)?",
    "packet length too long": "what came is not TLS: is it the right port?",
    "http request": "a client spoke HTTP without TLS to this port",
    "https proxy request": "a client took this port for that of a proxy",
    "unsupported protocol": "the peer offers only versions that are refused here "
    "(set_min_proto_version, set_security_level, set_security_callback)",
    "tlsv1 alert protocol version": "the peer wants another version of TLS than those offered "
    "(set_min_proto_version, set_max_proto_version)",
    "no shared cipher": "no suite in common, or no certificate here for those of the client",
    "no suitable signature algorithm": "no certificate here whose signatures the peer takes and "
    "the security level allows, nor a pre-shared key that fits the suite",
    "no suitable key share": "no group in common (set_groups_list)",
    "no protocols available": "the lowest version is above the highest, or the security level or "
    "callback forbids all of them",
    "no ciphers available": "the versions and the security level leave no suite",
    "unsafe legacy renegotiation disabled": "the server does not know RFC 5746; "
    "OP_LEGACY_SERVER_CONNECT talks to it all the same",
    "peer did not return a certificate": "the client has to give one "
    "(use_certificate_chain_file, use_privatekey_file)",
    "tlsv13 alert certificate required": "the server wants a client's certificate "
    "(use_certificate_chain_file, use_privatekey_file)",
    "sslv3 alert handshake failure": "the peer found nothing in common, or wants a certificate "
    "of the client",
    "tlsv1 alert unknown ca": "the peer does not trust the authority of our certificate, or "
    "lacks an intermediate certificate that we should send",
    "sslv3 alert bad certificate": "the peer has refused our certificate",
    "sslv3 alert certificate expired": "our certificate has expired, says the peer",
    "sslv3 alert certificate unknown": "the peer has refused our certificate",
    "sslv3 alert unsupported certificate": "the peer has refused our certificate: is it for this "
    "role, a server's or a client's?",
    "sslv3 alert certificate revoked": "our certificate has been revoked, says the peer",
    "tlsv1 alert decrypt error": "what the peer got does not fit: another key than that of our "
    "certificate, or another pre-shared key",
    "tlsv1 alert access denied": "the peer knows who we are, and does not let us in",
    "tlsv1 alert insufficient security": "the peer wants stronger suites or groups than those "
    "offered (set_cipher_list, set_groups_list)",
    "tlsv1 alert internal error": "the peer failed by itself: its log may say why",
    "tlsv1 bad certificate status response": "the client takes no such OCSP response for our "
    "certificate, or wants one",
    "tlsv1 unrecognized name": "the server does not serve the name of set_tlsext_host_name",
    "tlsv1 alert no application protocol": "the server speaks none of set_alpn_protos",
    "illegal zero content": "something that it must have is not set yet: a name, a date, a serial "
    "number or a key",
    "session id context uninitialized": "a server that verifies clients needs set_session_id to "
    "resume sessions",
    "dtls message too big": "one message over DTLS has at most 16384 bytes",
    **dict.fromkeys(
        ("ee key too small", "ca key too small", "ca md too weak", "dh key too small"), _WEAK
    ),
}


_NOT_DER = "not DER of the wanted kind: PEM, another kind of file, or damaged?"
#: By library and reason, where the reason alone may mean something else.
_IN_LIBRARIES = {
    # How OpenSSL 4.0 says that a scheme is unregistered (OSSL_STORE_LOADER_fetch).
    ("STORE routines", "unsupported"): _NO_SCHEME,
    ("DECODER routines", "unsupported"): "no key of a known kind is there: another kind of file, "
    "another form (PEM, DER), or damaged?",
    **{
        ("asn1 encoding routines", reason): _NOT_DER
        for reason in ("wrong tag", "not enough data", "header too long", "bad object header")
    },
}


def _known(detail: ErrorDetail) -> str | None:
    reason = detail.reason
    # The alerts of SSL 3.0 are called otherwise from OpenSSL 3.2 on, and from 4.0 on again.
    if reason.startswith(("ssl/tls alert ", "tls alert ")):
        reason = "sslv3" + reason[reason.index(" alert ") :]
    return _REASONS.get(reason) or _IN_LIBRARIES.get((detail.library, reason))


def advice(error: Error | CryptoError) -> list[str]:
    """Return what is known to help, the last complaint's first; mostly one line, or none."""
    found: list[str | None] = [_known(each) for each in reversed(error.errors)]
    if any("(the content of a PEM file)" in each.data for each in error.errors):
        found = ["the content of a file was given where its name is asked for"]
    found.append(about_verification(getattr(error, "verify_code", None)))
    return [each for each in dict.fromkeys(found) if each]


def about_verification(code: int | None) -> str | None:
    """Return what is known to help where a certificate failed with an ``X509_V_ERR_*``."""
    return _VERIFICATION.get(code or 0)
