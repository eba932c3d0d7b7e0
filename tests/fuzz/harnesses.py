"""What the coverage-guided fuzzer feeds: one function for each kind of hostile bytes.

A harness takes any bytes.  What it may see raised is named; everything else,
and every crash, is a finding.  Its first byte chooses among settings.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from OpenSSL import SSL, crypto

Harness = Callable[[bytes], None]
IDENTITY = Path(os.environ.get("FUZZ_IDENTITY", ".build/fuzz/identity"))
REFUSED = (crypto.Error, ValueError)
FEW = 64


def context(method: int, **versions: int) -> SSL.Context:
    made = SSL.Context(method)
    made.load_verify_locations(str(IDENTITY / "trust.pem"))
    # The newest groups cost a millisecond for each hello, and every cipher its part.
    made.set_groups_list(b"X25519:P-256")
    made.set_cipher_list(b"ECDHE+AESGCM:ECDHE+CHACHA20:AES128-SHA")
    if versions:
        made.set_min_proto_version(versions["version"])
        made.set_max_proto_version(versions["version"])
    return made


def client_contexts() -> list[SSL.Context]:
    plain = context(SSL.TLS_METHOD)
    hooked = context(SSL.TLS_METHOD)
    hooked.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    hooked.set_ocsp_client_callback(lambda *_: True)
    hooked.set_alpn_protos([b"h2", b"http/1.1"])
    older = context(SSL.TLS_METHOD, version=SSL.TLS1_2_VERSION)
    older.set_verify(SSL.VERIFY_PEER, lambda *_: False)
    older.set_cipher_list(b"ALL:@SECLEVEL=0")
    return [plain, hooked, older, context(SSL.DTLS_METHOD)]


def server_contexts() -> list[SSL.Context]:
    plain = context(SSL.TLS_METHOD)
    hooked = context(SSL.TLS_METHOD)
    hooked.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    hooked.set_alpn_select_callback(lambda _end, offer: offer[0])
    hooked.set_tlsext_servername_callback(lambda end: end.set_context(plain))
    hooked.set_ocsp_server_callback(lambda *_: b"\x30\x03\x0a\x01\x03")
    older = context(SSL.TLS_METHOD, version=SSL.TLS1_2_VERSION)
    older.set_cipher_list(b"ALL:@SECLEVEL=0")
    datagram = context(SSL.DTLS_METHOD)
    datagram.set_cookie_generate_callback(lambda _end: b"cookie")
    datagram.set_cookie_verify_callback(lambda _end, cookie: cookie == b"cookie")
    made = [plain, hooked, older, datagram]
    for each in made:
        each.use_certificate_chain_file(str(IDENTITY / "chain.pem"))
        each.use_privatekey_file(str(IDENTITY / "key.pem"))
        each.set_session_id(b"fuzz")
    return made


CLIENTS = client_contexts()
SERVERS = server_contexts()


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    """The data in parts of that size, FEW at most; 0 stands for one part."""
    if not size:
        yield data
        return
    size = max(size, len(data) // FEW)
    for start in range(0, len(data), size):
        yield data[start : start + size]


def look(end: SSL.Connection) -> None:
    """Every question that may be asked whatever has happened."""
    end.get_peer_certificate()
    end.get_peer_cert_chain()
    end.get_verified_chain()
    end.get_session()
    end.get_servername()
    end.get_cipher_name()
    end.get_shared_ciphers()
    end.get_client_ca_list()
    end.get_alpn_proto_negotiated()
    end.get_finished()
    end.get_peer_finished()
    end.get_state_string()
    end.get_tlsext_status_ocsp_resp()
    end.get_server_tmp_key()
    end.pending()


def play(end: SSL.Connection, data: bytes, size: int) -> None:
    """Let the peer of `end` say `data`."""
    established = False
    for part in (b"", *pieces(data, size)):
        if part:
            end.bio_write(part)
        try:
            if not established:
                end.do_handshake()
                established = True
                look(end)
            while end.recv(1000):
                pass
        except SSL.WantReadError:
            continue
        except SSL.Error:
            break
    look(end)


def client(data: bytes) -> None:
    if len(data) < 2:
        return
    end = SSL.Connection(CLIENTS[data[0] % len(CLIENTS)], None)
    end.set_connect_state()
    if data[0] & 16:
        end.set_tlsext_host_name(b"brisk.test")
        end.request_ocsp()
    play(end, data[2:], data[1])


def server(data: bytes) -> None:
    if len(data) < 2:
        return
    end = SSL.Connection(SERVERS[data[0] % len(SERVERS)], None)
    end.set_accept_state()
    if data[0] & 16 and data[0] % len(SERVERS) == 3:
        end.bio_write(data[2:])
        try:
            end.DTLSv1_listen()
        except SSL.Error:
            return
    play(end, data[2:], data[1])


def session(data: bytes) -> None:
    side = CLIENTS[data[0] % 3] if data else CLIENTS[0]
    try:
        loaded = SSL.Session.from_bytes(data[1:], side)
    except (SSL.Error, ValueError):
        return
    for ask in (
        *(loaded.get_id, loaded.get_time, loaded.get_timeout, loaded.has_ticket),
        *(loaded.is_resumable, loaded.get_protocol_version, loaded.get_ticket_lifetime_hint),
    ):
        ask()
    try:
        again = SSL.Session.from_bytes(loaded.to_bytes(), side)
        end = SSL.Connection(side, None)
        end.set_connect_state()
        end.set_session(again)
        end.do_handshake()
    except SSL.WantReadError:
        look(end)
    except (SSL.Error, ValueError):
        return


def name_of(name: crypto.X509Name) -> None:
    name.get_components()
    name.hash()
    name.der()
    name.oneline()
    repr(name)


def certificate(data: bytes) -> None:
    if not data:
        return
    kind = crypto.FILETYPE_PEM if data[0] & 1 else crypto.FILETYPE_ASN1
    try:
        many = (
            crypto.load_certificates(kind, data[1:])
            if data[0] & 2
            else [crypto.load_certificate(kind, data[1:])]
        )
    except REFUSED:
        return
    store = crypto.X509Store()
    for found in many[:4]:
        slow = (
            lambda found=found: crypto.dump_certificate(crypto.FILETYPE_TEXT, found),
            lambda found=found: crypto.X509StoreContext(store, found).verify_certificate(),
        )
        for ask in (
            *(found.get_serial_number, found.get_signature_algorithm, found.get_version),
            *(found.get_notAfter, found.get_notBefore, found.has_expired, found.get_pubkey),
            *(found.subject_name_hash, found.get_subject_alt_names),
            lambda found=found: found.digest("sha256"),
            lambda found=found: crypto.dump_certificate(crypto.FILETYPE_PEM, found),
            lambda found=found: store.add_cert(found),
            *(slow if data[0] & 4 else ()),
        ):
            try:
                ask()
            except (*REFUSED, crypto.X509StoreContextError):
                pass
        name_of(found.get_subject())
        name_of(found.get_issuer())
        for index in range(min(found.get_extension_count(), 8)):
            extension = found.get_extension(index)
            extension.get_data()
            extension.get_short_name()
            with contextlib.suppress(*REFUSED):
                str(extension)


def key(data: bytes) -> None:
    if not data:
        return
    kind = crypto.FILETYPE_PEM if data[0] & 1 else crypto.FILETYPE_ASN1
    try:
        if data[0] & 2:
            found = crypto.load_publickey(kind, data[1:])
        else:
            found = crypto.load_privatekey(kind, data[1:], b"passphrase")
    except REFUSED:
        return
    found.bits()
    found.type()
    found.type_name()
    _ = found.only_public
    for ask in (
        lambda: crypto.dump_publickey(crypto.FILETYPE_PEM, found),
        lambda: crypto.dump_privatekey(crypto.FILETYPE_ASN1, found),
    ):
        try:
            ask()
        except (*REFUSED, TypeError):
            pass


def container(data: bytes) -> None:
    """PKCS#12, PKCS#7, CRL and request: what the other loaders read."""
    if len(data) < 2:
        return
    kind = crypto.FILETYPE_PEM if data[0] & 1 else crypto.FILETYPE_ASN1
    with contextlib.suppress(*REFUSED):
        CONTAINERS[data[0] // 2 % len(CONTAINERS)](kind, data[1:])


def read_pkcs12(_kind: int, data: bytes) -> None:
    bag = crypto.load_pkcs12(data, b"" if data[0] & 1 else None)
    bag.get_certificate()
    bag.get_privatekey()
    bag.get_ca_certificates()
    bag.get_friendlyname()


def read_pkcs7(kind: int, data: bytes) -> None:
    bag = crypto.load_pkcs7_data(kind, data)
    bag.get_type_name()
    bag.type_is_signed()


def read_crl(kind: int, data: bytes) -> None:
    found = crypto.load_crl(kind, data)
    name_of(found.get_issuer())
    for each in (found.get_revoked() or ())[:8]:
        each.get_serial()
        each.get_reason()
        each.get_rev_date()
    store = crypto.X509Store()
    store.add_crl(found)
    crypto.dump_crl(crypto.FILETYPE_PEM, found)
    crypto.dump_crl(crypto.FILETYPE_TEXT, found)


def read_request(kind: int, data: bytes) -> None:
    found = crypto.load_certificate_request(kind, data)
    found.get_version()
    name_of(found.get_subject())
    for each in found.get_extensions()[:8]:
        each.get_data()
    crypto.dump_certificate_request(crypto.FILETYPE_TEXT, found)
    found.verify(found.get_pubkey())


CONTAINERS = (read_pkcs12, read_pkcs7, read_crl, read_request)
