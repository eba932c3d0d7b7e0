"""What the runner wants to be true of a connection after its handshake."""

from __future__ import annotations

from configuring import SIGNATURES, version
from flags import OutOfScope, Wishes
from notes import Notes

from OpenSSL import SSL, crypto

_CURVES = {
    21: "secp224r1", 23: "prime256v1", 24: "secp384r1", 25: "secp521r1", 29: "x25519",
}  # fmt: skip
_KINDS = {1: "rsa_sign", 2: "dss_sign", 64: "ecdsa_sign"}


class Wrong(Exception):
    """Something is not as the test wants it."""


def same(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise Wrong(f"{what}: {found!r}, not {wanted!r}")


def after_handshake(
    connection: SSL.Connection, wishes: Wishes, notes: Notes, resuming: bool
) -> None:
    """Compare a connection with the flags."""
    _agreed(connection, wishes)
    _resumed(connection, wishes, notes, resuming)
    _peer(connection, wishes, notes)
    names(connection, wishes)
    if wishes["expect-hrr"] or wishes["expect-no-hrr"]:
        same("a second hello was asked for", notes.again, bool(wishes["expect-hrr"]))


def _agreed(connection: SSL.Connection, wishes: Wishes) -> None:
    if wanted := wishes["expect-version"]:
        same("version", connection.get_protocol_version(), version(wanted, bool(wishes["dtls"])))
    cipher = connection.get_cipher()
    if cipher is None:
        raise Wrong("no cipher")
    for flag in ("expect-cipher", "expect-cipher-aes"):
        if wishes[flag]:
            same("cipher", cipher["id"] & 0xFFFF, wishes[flag])
    if wanted := wishes["expect-curve-id"]:
        if wanted not in _CURVES:
            raise OutOfScope("unknown-value", f"group {wanted}")
        found = connection.get_group_name() if connection.get_group_name() else None
        if found is None:
            key = connection.get_server_tmp_key()
            found = key[2] if key else None
        normal = (
            (found or "").lower().replace("p-256", "prime256v1").replace("secp256r1", "prime256v1")
        )
        normal = normal.replace("p-384", "secp384r1").replace("p-521", "secp521r1")
        same("group", normal.replace("p-224", "secp224r1"), _CURVES[wanted])
    if wishes["expect-extended-master-secret"]:
        same("extended master secret", connection.get_extms_support(), True)
    if wishes["expect-secure-renegotiation"]:
        same("secure renegotiation", connection.get_secure_renegotiation_support(), True)
    if wishes["expect-no-secure-renegotiation"]:
        same("secure renegotiation", connection.get_secure_renegotiation_support(), False)


def _resumed(connection: SSL.Connection, wishes: Wishes, notes: Notes, resuming: bool) -> None:
    same("resumed", connection.session_reused(), resuming and not wishes["expect-session-miss"])
    old = connection.get_protocol_version() != SSL.TLS1_3_VERSION
    if not wishes["server"] and old:
        wanted = not wishes["expect-no-session"] and (
            not connection.session_reused() or bool(wishes["expect-ticket-renewal"])
        )
        if not (resuming and wishes["expect-ticket-renewal"]):
            # libssl does not call back for a session whose ticket is renewed (TLS 1.2).
            same("a session to keep", bool(notes.sessions), wanted)
    if not resuming and wishes["server"] and old:
        if wishes["expect-session-id"]:
            same("a session to keep", bool(notes.sessions), True)
        if wishes["expect-no-session-id"]:
            same("a session to keep", bool(notes.sessions), False)
    early = wishes["expect-accept-early-data"] or wishes["expect-reject-early-data"]
    if early and not wishes["dtls"]:
        status = connection.get_early_data_status()
        same("early data accepted", status == "accepted", not wishes["expect-reject-early-data"])


def _peer(connection: SSL.Connection, wishes: Wishes, notes: Notes) -> None:
    # libssl keeps neither the signature nor the staple in a session.
    whole = not connection.session_reused()
    if whole and (wanted := wishes["expect-peer-signature-algorithm"]):
        found = connection.get_peer_signature()
        same("the peer's signature", _signature(found), _wanted_signature(wanted))
    if wanted := wishes["expect-peer-verify-pref"]:
        found = [each.lower() for each in connection.get_peer_sigalgs()]
        same("the peer's algorithms", [_NUMBERS.get(each, each) for each in found], wanted)
    if wishes["expect-verify-result"]:
        wanted = 50 if wishes["verify-fail"] else 0
        same("verify result", connection.get_verify_result(), wanted)
    if whole and (wanted := wishes["expect-selected-credential"]) is not None:
        _selected(connection, [*wishes["credentials"], wishes][wanted])
    if file := wishes["expect-peer-cert-file"]:
        _certificates(connection, file, bool(wishes["server"]))
    if wishes["psk"]:
        if connection.get_peer_certificate() is not None:
            raise Wrong("a certificate beside a pre-shared key")
    elif (
        not wishes["server"] or wishes["require-any-client-certificate"]
    ) and connection.get_peer_certificate() is None:
        raise Wrong("the peer has shown no certificate")
    if whole and wishes["expect-ocsp-response"] is not None:
        found = connection.get_tlsext_status_ocsp_resp()
        same("staple", found, wishes["expect-ocsp-response"])
    if whole and wishes["expect-signed-cert-timestamps"] is not None:
        # Of the peer's own certificate, not of those of the chain.
        same("timestamps", notes.timestamps[:1], [wishes["expect-signed-cert-timestamps"]])
    if wishes["expect-certificate-types"] is not None:
        found = connection.get_client_certificate_types()
        same(
            "certificate types",
            found,
            [_KINDS.get(n, str(n)) for n in wishes["expect-certificate-types"]],
        )
    if wishes["expect-client-ca-list"] is not None:
        text = wishes["expect-client-ca-list"]
        wanted = [] if text in (b"<NULL>", b"<EMPTY>") else text.decode().lower().split(",")
        same("authorities", [n.der().hex() for n in connection.get_peer_ca_list()], wanted)


_NUMBERS = {
    "rsa_pkcs1_md5": 0x0101,
    "rsa_pkcs1_sha1": 0x0201, "rsa_pkcs1_sha256": 0x0401, "rsa_pkcs1_sha384": 0x0501,
    "rsa_pkcs1_sha512": 0x0601, "ecdsa_sha1": 0x0203, "ecdsa_secp256r1_sha256": 0x0403,
    "ecdsa_secp384r1_sha384": 0x0503, "ecdsa_secp521r1_sha512": 0x0603,
    "rsa_pss_rsae_sha256": 0x0804, "rsa_pss_rsae_sha384": 0x0805,
    "rsa_pss_rsae_sha512": 0x0806, "ed25519": 0x0807,
}  # fmt: skip


def _wanted_signature(number: int) -> tuple[str, str]:
    name = SIGNATURES.get(number)
    if name is None:
        raise OutOfScope("unknown-value", f"signature {number:#x}")
    if name.startswith("rsa_pss"):
        return "PSS", name[-6:]
    if name == "ed25519":
        return "ed25519", ""
    kind, digest = name.split("+")
    return kind, digest.lower()


def _signature(found: tuple[str | None, str | None] | None) -> tuple[str, str]:
    kind, digest = found or ("", "")
    kind = (kind or "").lower()
    if "pss" in kind:
        kind = "PSS"
    elif "rsa" in kind:
        kind = "RSA"
    elif "ec" in kind:
        kind = "ECDSA"
    return kind, (digest or "").lower().replace("-", "").replace("undef", "")


def _certificates(connection: SSL.Connection, file: bytes, server: bool) -> None:
    with open(file, "rb") as pem:
        blocks = pem.read().split(b"-----END CERTIFICATE-----")[:-1]
    wanted = [
        crypto.load_certificate(crypto.FILETYPE_PEM, each + b"-----END CERTIFICATE-----\n")
        for each in blocks
    ]
    leaf = connection.get_peer_certificate()
    same("the peer's certificate", leaf and _der(leaf), _der(wanted[0]))
    chain = connection.get_peer_cert_chain() or []
    # The chain of a client has no leaf in libssl: that is the same in BoringSSL.
    ders = [_der(each) for each in chain]
    expected = [_der(each) for each in wanted]
    if ders not in (expected, expected[1:]):
        raise Wrong("the peer's chain is another one")


def _selected(connection: SSL.Connection, credential: Wishes) -> None:
    with open(credential["cert-file"], "rb") as pem:
        wanted = crypto.load_certificate(crypto.FILETYPE_PEM, pem.read())
    own = connection.get_certificate()
    same("the certificate that was chosen", own and _der(own), _der(wanted))


def _der(certificate: crypto.X509) -> bytes:
    return crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)


def names(connection: SSL.Connection, wishes: Wishes) -> None:
    if wanted := wishes["expect-server-name"]:
        same("server name", connection.get_servername(), wanted)
    if wishes["expect-no-server-name"]:
        same("server name", connection.get_servername(), None)
    wanted = wishes["select-alpn"] if wishes["server"] else wishes["expect-alpn"]
    same("ALPN", connection.get_alpn_proto_negotiated(), wanted or b"")
