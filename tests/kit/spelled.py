"""Everything public that takes text, bytes or paths, and which of them: one table."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from kit import authority, contexts, pump
from OpenSSL import SSL, crypto, rand

TRUST = str(authority.trust_file())
PEM = authority.trust_file().read_text()
TIME = "20300101000000Z"

#: What may be given, beside bytes: each kind of argument, by the rule.
BYTES = "bytes"  # bytes, bytearray, memoryview; text is a TypeError
WARNED = "warned"  # the same, and text with a DeprecationWarning, as pyOpenSSL
EITHER = "either"  # the same, and text
TEXT = "text"  # text only
PATH = "path"  # str, bytes, os.PathLike
OLD_PATH = "old path"  # a path, text with a DeprecationWarning
SECRET = "secret"  # bytes or a callable
ALGORITHM = "algorithm"  # text, or bytes, as pyOpenSSL


def context() -> SSL.Context:
    return SSL.Context(SSL.TLS_METHOD)


def connection() -> SSL.Connection:
    made = SSL.Connection(context(), None)
    made.set_connect_state()
    return made


def with_dane() -> SSL.Connection:
    made = context()
    made.dane_enable()
    found = SSL.Connection(made, None)
    found.set_connect_state()
    found.dane_enable("a.test")
    return found


def hello(data: Any) -> None:
    with contextlib.suppress(ValueError):
        SSL.ClientHello(data)


def connected() -> SSL.Connection:
    return pump.connected(contexts.server_context(), contexts.client_context()).client


def session() -> SSL.Session:
    found = connected().get_session()
    assert found is not None
    return found


def certificate() -> crypto.X509:
    return crypto.load_certificate(crypto.FILETYPE_PEM, PEM.encode())


def key() -> crypto.PKey:
    text = authority.identity().files.key.read_bytes()
    return crypto.load_privatekey(crypto.FILETYPE_PEM, text)


def request() -> crypto.X509Req:
    made = crypto.X509Req()
    made.set_pubkey(key())
    return made


def spki() -> crypto.NetscapeSPKI:
    made = crypto.NetscapeSPKI()
    made.set_pubkey(key())
    return made


def archive() -> crypto.PKCS12:
    made = crypto.PKCS12()
    made.set_privatekey(key())
    return made


def revocations() -> crypto.CRL:
    made = crypto.CRL()
    made.set_lastUpdate(b"20200101000000Z")
    made.set_nextUpdate(b"20300101000000Z")
    return made


def nothing() -> None:
    return None


Call = Callable[[Any, Any], object]
Row = tuple[str, str, Callable[[], Any], str, Call, bool]


def row(
    name: str,
    kind: str,
    make: Callable[[], Any],
    good: str,
    call: Call,
    nul: bool = True,
) -> Row:
    """A call, what it takes, a good value as text, and whether a NUL byte is refused."""
    return (name, kind, make, good, call, nul)


def simple(make: Callable[[], Any], kind: str, nul: bool = True, **values: str) -> list[Row]:
    """Methods with one argument, or whose others have defaults."""
    owner = make().__class__.__name__

    def call_of(name: str) -> Call:
        return lambda it, value: getattr(it, name)(value)

    return [
        row(f"{owner}.{name}", kind, make, good, call_of(name), nul)
        for name, good in values.items()
    ]


def lists(make: Callable[[], Any], kind: str, nul: bool = True, **values: str) -> list[Row]:
    """Methods that take a list of them."""
    owner = make().__class__.__name__

    def call_of(name: str) -> Call:
        return lambda it, value: getattr(it, name)([value])

    return [
        row(f"{owner}.{name}", kind, make, good, call_of(name), nul)
        for name, good in values.items()
    ]


def functions(kind: str, *names: str) -> list[Row]:
    def call_of(name: str) -> Call:
        return lambda _, value: getattr(crypto, name)(crypto.FILETYPE_PEM, value)

    return [row(f"crypto.{name}", kind, nothing, PEM, call_of(name), False) for name in names]


SUITES = {"set_tls13_ciphersuites": "TLS_AES_128_GCM_SHA256"}
SRTP = {"set_tlsext_use_srtp": "SRTP_AES128_CM_SHA1_80"}
SIGALGS = {
    "set_groups_list": "P-256",
    "set_sigalgs_list": "ecdsa_secp256r1_sha256",
    "set_client_sigalgs_list": "ecdsa_secp256r1_sha256",
}
ROWS = [
    *[
        line
        for make in (context, connection)
        for line in (
            *simple(make, WARNED, set_cipher_list="DEFAULT"),
            *simple(make, BYTES, **SUITES, **SRTP, use_psk_identity_hint="hint"),
            *simple(make, EITHER, **SIGALGS),
            *simple(make, EITHER, False, use_certificate_pem=PEM),
            *simple(make, BYTES, False, use_pkcs12="no archive"),
            *simple(make, TEXT, set_purpose="any", set_trust="ssl_server"),
            *simple(make, TEXT, use_certificate_uri="file:" + TRUST),
            *simple(make, PATH, configure_file="/no/such/file"),
            *lists(make, BYTES, False, set_alpn_protos="h2"),
            *lists(make, TEXT, set_verify_policies="1.2.3", set_cert_comp_preference="zlib"),
            *lists(make, TEXT, set_client_cert_type="x509", set_server_cert_type="x509"),
            *lists(make, TEXT, set_client_certificate_types="rsa_sign"),
            row("configure", TEXT, make, "MinProtocol", lambda it, v: it.configure(v, "TLSv1.2")),
            row("configure", TEXT, make, "TLSv1.2", lambda it, v: it.configure("MinProtocol", v)),
            row(
                "configure_file",
                TEXT,
                make,
                "default",
                lambda it, v: it.configure_file("/no/such/file", v),
            ),
            row("password", EITHER, make, "x", lambda it, v: it.use_pkcs12(b"no archive", v), True),
        )
    ],
    *simple(context, WARNED, False, set_session_id="id"),
    *simple(context, OLD_PATH, load_client_ca=TRUST),
    *simple(context, PATH, load_tmp_dh="/no/such/file", load_verify_locations=TRUST),
    *simple(context, PATH, use_certificate_chain_file=TRUST, use_certificate_file=TRUST),
    *simple(context, PATH, use_privatekey_file="/no/such/file"),
    *simple(context, PATH, set_ctlog_list_file="/no/such/file"),
    *simple(context, EITHER, False, load_verify_data=PEM),
    *simple(context, TEXT, load_verify_uri="file:" + TRUST, get_compressed_cert="zlib"),
    *lists(context, BYTES, False, set_ticket_keys="k" * 80),
    row("capath", PATH, context, "/tmp", lambda it, v: it.load_verify_locations(None, v)),
    row("dane_mtype_set", TEXT, context, "SHA256", lambda it, v: it.dane_mtype_set(v, 1, 1)),
    *simple(connection, EITHER, set_host="a.test", add_host="a.test", set_email="a@b.test"),
    *simple(connection, EITHER, set_ip_asc="192.0.2.1", dane_enable="a.test"),
    *simple(connection, BYTES, set_tlsext_host_name="a.test"),
    *simple(connection, TEXT, set_ech_outer_server_name="a.test"),
    *simple(connection, TEXT, set_ech_grease_suite="x25519,hkdf-sha256,aes-128-gcm"),
    *simple(connection, BYTES, False, set_ech_config_list="no list", write_early_data="early"),
    *lists(connection, BYTES, False, set_ech_outer_alpn_protos="h2"),
    *simple(connected, WARNED, False, send="data", sendall="data", write="data"),
    *simple(connection, WARNED, False, bio_write="data"),
    *lists(connected, BYTES, False, sendmsg="data"),
    row(
        "add_tlsa",
        BYTES,
        with_dane,
        "k" * 32,
        lambda it, v: it.add_tlsa(3, 1, 1, v),
        False,
    ),
    row(
        "export_keying_material",
        BYTES,
        connected,
        "EXPERIMENTAL label",
        lambda it, v: it.export_keying_material(v, 32),
        False,
    ),
    row(
        "export_keying_material: context",
        BYTES,
        connected,
        "context",
        lambda it, v: it.export_keying_material(b"EXPERIMENTAL label", 32, v),
        False,
    ),
    row(
        "export_keying_material_early",
        BYTES,
        connected,
        "EXPERIMENTAL label",
        lambda it, v: it.export_keying_material_early(v, 32),
        False,
    ),
    *simple(session, BYTES, False, to_bytes="k" * 32, set_ticket_appdata="data"),
    row("from_bytes", BYTES, context, "no", lambda it, v: SSL.Session.from_bytes(v, it), False),
    row(
        "from_bytes: key",
        BYTES,
        context,
        "k" * 32,
        lambda it, v: SSL.Session.from_bytes(session().to_bytes(b"k" * 32), it, v),
        False,
    ),
    row("ClientHello", BYTES, nothing, "no", lambda _, v: hello(v), False),
    # crypto
    *functions(EITHER, "load_certificate", "load_certificates", "load_certificate_request"),
    *functions(EITHER, "load_crl", "load_privatekey", "load_publickey", "load_pkcs7_data"),
    row("load_pkcs12", EITHER, nothing, "no", lambda _, v: crypto.load_pkcs12(v), False),
    row(
        "load_pkcs12: passphrase",
        WARNED,
        nothing,
        "x",
        lambda _, v: crypto.load_pkcs12(b"no archive", v),
    ),
    *simple(crypto.X509Store, EITHER, False, load_data=PEM),
    *simple(crypto.X509Store, PATH, load_locations=TRUST),
    row("capath", PATH, crypto.X509Store, "/tmp", lambda it, v: it.load_locations(None, v)),
    *simple(certificate, EITHER, check_host="a.test", check_email="a@b.test", check_ip="192.0.2.1"),
    *simple(certificate, ALGORITHM, digest="sha256"),
    *simple(crypto.X509, BYTES, set_notBefore=TIME, set_notAfter=TIME),
    *simple(crypto.CRL, BYTES, set_lastUpdate=TIME, set_nextUpdate=TIME),
    *simple(crypto.Revoked, BYTES, set_rev_date=TIME, set_serial="0a", set_reason="keyCompromise"),
    *simple(crypto.PKCS12, BYTES, False, set_friendlyname="name"),
    row("PKCS12.export", WARNED, archive, "phrase", lambda it, v: it.export(v)),
    row(
        "OCSPResponse", BYTES, nothing, "no", lambda _, v: crypto.OCSPResponse.from_bytes(v), False
    ),
    row("X509Name.from_der", BYTES, nothing, "no", lambda _, v: crypto.X509Name.from_der(v), False),
    row(
        "X509Name.CN",
        EITHER,
        lambda: crypto.X509().get_subject(),
        "x",
        lambda it, v: setattr(it, "CN", v),
        False,
    ),
    row(
        "X509Extension: type",
        BYTES,
        nothing,
        "basicConstraints",
        lambda _, v: crypto.X509Extension(v, True, b"CA:TRUE"),
    ),
    row(
        "X509Extension: value",
        BYTES,
        nothing,
        "CA:TRUE",
        lambda _, v: crypto.X509Extension(b"basicConstraints", True, v),
    ),
    row(
        "Session.from_psk: key", BYTES, nothing, "key", lambda _, v: SSL.Session.from_psk(v), False
    ),
    row(
        "Session.from_psk: cipher",
        TEXT,
        nothing,
        "TLS_AES_256_GCM_SHA384",
        lambda _, v: SSL.Session.from_psk(b"key", v),
    ),
    row(
        "Session.from_psk: alpn",
        BYTES,
        nothing,
        "h2",
        lambda _, v: SSL.Session.from_psk(b"key", alpn=v),
        False,
    ),
    row(
        "Session.from_psk: hostname",
        EITHER,
        nothing,
        "brisk.test",
        lambda _, v: SSL.Session.from_psk(b"key", hostname=v),
    ),
    row("PKey.from_uri", TEXT, nothing, "file:/no", lambda _, v: crypto.PKey.from_uri(v)),
    row("PKey.generate_key", TEXT, crypto.PKey, "RSA", lambda it, v: it.generate_key(v, 2048)),
    row("X509Req.sign", ALGORITHM, request, "sha256", lambda it, v: it.sign(key(), v)),
    row("NetscapeSPKI.sign", ALGORITHM, spki, "sha256", lambda it, v: it.sign(key(), v)),
    row(
        "X509.sign",
        ALGORITHM,
        crypto.X509,
        "sha256",
        lambda it, v: (it.set_pubkey(key()), it.sign(key(), v)),
    ),
    row(
        "CRL.export",
        ALGORITHM,
        revocations,
        "sha256",
        lambda it, v: it.export(certificate(), key(), 1, 100, v),
    ),
    row("sign: data", WARNED, nothing, "x", lambda _, v: crypto.sign(key(), v, "sha256"), False),
    row("sign: digest", ALGORITHM, nothing, "sha256", lambda _, v: crypto.sign(key(), b"x", v)),
    row(
        "verify: signature",
        BYTES,
        nothing,
        "x",
        lambda _, v: crypto.verify(certificate(), v, b"x", "sha256"),
        False,
    ),
    row(
        "verify: data",
        WARNED,
        nothing,
        "x",
        lambda _, v: crypto.verify(certificate(), b"x", v, "sha256"),
        False,
    ),
    row(
        "verify: digest",
        ALGORITHM,
        nothing,
        "sha256",
        lambda _, v: crypto.verify(certificate(), b"x", b"", v),
    ),
    row(
        "dump_privatekey: cipher",
        ALGORITHM,
        nothing,
        "aes-128-cbc",
        lambda _, v: crypto.dump_privatekey(crypto.FILETYPE_PEM, key(), v, b"phrase"),
    ),
    row(
        "dump_privatekey: passphrase",
        SECRET,
        nothing,
        "phrase",
        lambda _, v: crypto.dump_privatekey(crypto.FILETYPE_PEM, key(), "aes-128-cbc", v),
        False,
    ),
    row(
        "StapleFile",
        PATH,
        nothing,
        "/no/such/file",
        lambda _, v: crypto.StapleFile(v, [certificate()] * 2, crypto.X509Store()),
    ),
    row("rand.add", BYTES, nothing, "x", lambda _, v: rand.add(v, 1), False),
    row("rand.seed", BYTES, nothing, "x", lambda _, v: rand.seed(v), False),
]
