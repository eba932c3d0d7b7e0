"""What allocations fail in: each scenario does a piece of work and looks at what came of it.

A scenario may raise, or may come through with a right result.  AssertionError
says that a failure was passed over and the result is wrong.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

import hooked
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from kit import authority, contexts, der, pump
from OpenSSL import SSL, crypto

Scenario = Callable[[], None]
WHO = authority.identity("ecdsa")
FILES = WHO.files
CLIENT = authority.client_identity("ecdsa")
NEXT = authority.authority().issue("next")
# Taken now: the library that writes them panics when it has no memory.
LEAF = {crypto.FILETYPE_PEM: (WHO.pem, WHO.key_pem), crypto.FILETYPE_ASN1: (WHO.der, WHO.key_der)}
LEAF_PEM, LEAF_DER = WHO.pem, WHO.der
CHAIN_PEM, ROOT_PEM, ENCRYPTED = WHO.chain_pem, WHO.root_pem, WHO.key_pem_encrypted
CLIENT_PEM, CLIENT_KEY = CLIENT.pem, CLIENT.key_pem
INTERMEDIATE = authority.authority().intermediate.public_bytes(serialization.Encoding.DER)
STRANGER_PEM = authority.stranger().pem
PEM, DER = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1
DATA = bytes(range(256)) * 100
ROOM = 65536


def quiet(context: SSL.Context) -> SSL.Context:
    """Without a cache, which would look like a leak."""
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    return context


SERVER, TRUSTING = quiet(contexts.server_context()), quiet(contexts.client_context())
VERSIONS = {
    version: (
        quiet(contexts.server_context(version=version, require_client=True)),
        quiet(contexts.client_context(CLIENT, version=version)),
    )
    for version in ("TLSv1.2", "TLSv1.3")
}
RULED, BELIEVING = quiet(contexts.client_context()), quiet(contexts.client_context())
RULED.set_purpose("sslserver")
BELIEVING.set_cert_verify_callback(lambda *_: True)
STRANGERS = quiet(contexts.server_context(authority.stranger()))


def good() -> None:
    """A handshake and some bytes: whatever failed before, this works."""
    ends = pump.connected(SERVER, TRUSTING, b"brisk.test")
    assert pump.transfer(ends.client, ends.server, b"fine") == b"fine"


# ---- setting up


def set_up_server() -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    context.use_certificate_chain_file(str(FILES.chain))
    context.use_privatekey_file(str(FILES.key))
    context.check_privatekey()
    # Just changed, so that it is parsed for this Context alone; `share` has the other way.
    os.utime(str(FILES.authority))
    context.load_verify_locations(str(FILES.authority))
    context.load_client_ca(str(FILES.authority).encode())
    context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    context.set_alpn_select_callback(lambda _end, offer: offer[0])
    context.set_tlsext_servername_callback(lambda _end: None)
    context.set_keylog_callback(lambda *_: None)
    context.set_info_callback(lambda *_: None)
    context.set_ocsp_server_callback(lambda *_: contexts.STAPLE)
    context.set_session_id(b"faults")
    context.set_cipher_list(b"HIGH:!aNULL")
    context.set_tls13_ciphersuites(b"TLS_AES_128_GCM_SHA256")
    assert SSL.Connection(context, None).get_cipher_list()


def set_up_client() -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    context.use_certificate(crypto.load_certificate(PEM, CLIENT_PEM))
    context.use_privatekey(crypto.load_privatekey(PEM, CLIENT_KEY))
    context.add_extra_chain_cert(crypto.load_certificate(DER, LEAF_DER))
    store = context.get_cert_store()
    assert store is not None
    store.add_cert(crypto.load_certificate(PEM, ROOT_PEM))
    context.set_alpn_protos([b"h2", b"http/1.1"])
    context.set_ocsp_client_callback(lambda *_: True)
    context.set_verify(SSL.VERIFY_PEER)
    end = SSL.Connection(context, None)
    end.set_tlsext_host_name(b"brisk.test")
    end.set_host(b"brisk.test")
    end.request_ocsp()
    end.set_connect_state()
    assert not pump.step(end.do_handshake)
    assert len(end.bio_read(ROOM)) > 100


def share() -> None:
    """The second Context is given what was parsed for the first."""
    first, second = contexts.client_context(), contexts.client_context()
    for context in (first, second):
        ends = pump.pair(SERVER, quiet(context))
        pump.handshake(*ends)
        assert len(ends.client.get_verified_chain() or ()) == 3


def renew() -> None:
    """A Context in use is given another identity."""
    context = quiet(contexts.server_context())
    SSL.Connection(context, None)
    context.use_certificate_chain_file(str(NEXT.files.chain))
    context.use_privatekey_file(str(NEXT.files.key))
    context.check_privatekey()
    shown = pump.connected(context, TRUSTING).client.get_peer_certificate()
    assert shown is not None and shown.get_subject().CN == "next"


def name_again(way: str, first: SSL.Context = TRUSTING, other: SSL.Context | None = None) -> None:
    """A name takes the place of another: where that fails, nobody is let in by no name at all."""
    ends = pump.pair(SERVER, first)
    failed = None
    for name in ("a@one.test", "b@two.test"):
        try:
            getattr(ends.client, way)(name if way == "set_email" else name[2:])
        except (MemoryError, SSL.Error) as error:
            if name == "a@one.test":
                raise
            failed = error
    if other is not None:
        ends.client.set_context(other)
    assert pump.handshake_outcome(*ends).client is not None
    if failed is not None:
        raise failed


def host_again() -> None:
    name_again("set_host")


def email_again() -> None:
    name_again("set_email")


def host_again_and_moved() -> None:
    """The rules of another Context take the place of all there were."""
    name_again("set_host", TRUSTING, RULED)


def host_again_and_believed() -> None:
    """A program's own verification says nothing about names."""
    name_again("set_host", BELIEVING)


# ---- handshakes


def shake(version: str) -> None:
    ends = pump.connected(*VERSIONS[version], b"brisk.test")
    shown = ends.client.get_peer_certificate()
    assert shown is not None and shown.get_subject().CN == "server"
    assert len(ends.client.get_verified_chain() or ()) == 3
    assert ends.server.get_peer_certificate() is not None
    assert ends.server.get_servername() == b"brisk.test"
    pump.shutdown(ends.client, ends.server)


def shake_1_2() -> None:
    shake("TLSv1.2")


def shake_1_3() -> None:
    shake("TLSv1.3")


def hooked_contexts() -> tuple[SSL.Context, SSL.Context, list[str]]:
    server, client = contexts.server_context(ask_client=True), contexts.client_context(CLIENT)
    heard: list[str] = []

    def note(name: str, answer: Any) -> Callable[..., Any]:
        def hook(*_: Any) -> Any:
            heard.append(name)
            return answer

        return hook

    for context in (server, client):
        quiet(context)
        context.set_verify(SSL.VERIFY_PEER, note("verify", True))
        context.set_info_callback(note("info", None))
        context.set_keylog_callback(note("keylog", None))
    server.set_alpn_select_callback(note("alpn", b"h2"))
    server.set_tlsext_servername_callback(note("name", None))
    server.set_ocsp_server_callback(note("staple", contexts.STAPLE))
    client.set_ocsp_client_callback(note("stapled", True))
    client.set_alpn_protos([b"http/1.1", b"h2"])
    return server, client, heard


HOOKED = hooked_contexts()


def callbacks() -> None:
    server, client, heard = HOOKED
    heard.clear()
    ends = pump.pair(server, client, b"brisk.test")
    ends.client.request_ocsp()
    pump.handshake(*ends)
    asked = {"verify", "info", "keylog", "alpn", "name", "staple", "stapled"}
    assert set(heard) == asked, heard
    assert ends.client.get_alpn_proto_negotiated() == b"h2"


def refused() -> None:
    """Never fail open: a server that nobody trusts is refused, whatever fails."""
    ends = pump.pair(STRANGERS, TRUSTING)
    try:
        pump.handshake(*ends)
    except SSL.Error:
        return
    raise AssertionError("an untrusted server was accepted")


def vetoed() -> None:
    """Nor is a "no" of a hook ever lost."""
    client = contexts.client_context()
    client.set_verify(SSL.VERIFY_PEER, lambda *_: False)
    ends = pump.pair(SERVER, client)
    try:
        pump.handshake(*ends)
    except SSL.Error:
        return
    raise AssertionError("a veto was passed over")


# In short functions: CPython 3.11 never leaves a `try` or a `for` that lies further from
# its function's beginning when there is no memory for that distance, a number.


def deliver(source: SSL.Connection, target: SSL.Connection) -> None:
    while True:
        try:
            datagram = source.bio_read(ROOM)
        except SSL.WantReadError:
            return
        target.bio_write(datagram)


def shake_datagrams(ends: pump.Pair) -> None:
    waiting = [ends.client, ends.server]
    for _ in range(pump.ROUNDS):
        waiting = [end for end in waiting if not pump.step(end.do_handshake)]
        if not waiting:
            return
        deliver(*ends)
        deliver(*ends[::-1])
    raise AssertionError("no handshake over DTLS")


def datagram_context() -> SSL.Context:
    context = quiet(SSL.Context(SSL.DTLS_METHOD))
    contexts.use_identity(context, WHO)
    return context


def datagrams() -> None:
    ends = pump.pair(datagram_context(), datagram_context())
    shake_datagrams(ends)
    ends.client.send(b"datagram")
    deliver(ends.client, ends.server)
    assert ends.server.recv(100) == b"datagram"


# ---- an established connection


def talk() -> None:
    ends = pump.connected(SERVER, TRUSTING)
    assert pump.transfer(ends.client, ends.server, b"x") == b"x"
    assert pump.transfer(ends.server, ends.client, DATA) == DATA
    assert ends.client.sendall(memoryview(DATA)) == len(DATA)
    pump.exchange(*ends)
    buffer = bytearray(len(DATA))
    at = 0
    while at < len(buffer):
        at += ends.server.recv_into(memoryview(buffer)[at:])
    assert buffer == DATA
    assert len(ends.client.export_keying_material(b"label", 32)) == 32
    pump.shutdown(*ends)


def flow(client: SSL.Connection, server: SSL.Connection) -> None:
    assert client.send(DATA[:10000]) == 10000
    got = b""
    while len(got) < 10000:
        got += server.recv(ROOM)
    assert got == DATA[:10000]


def talk_over_sockets() -> None:
    left, right = socket.socketpair()
    with left, right:
        left.setblocking(False)
        right.setblocking(False)
        server, client = SSL.Connection(SERVER, left), SSL.Connection(TRUSTING, right)
        server.set_accept_state()
        client.set_connect_state()
        waiting = [client, server]
        for _ in range(pump.ROUNDS):
            waiting = [end for end in waiting if not pump.step(end.do_handshake)]
        assert not waiting
        flow(client, server)


def resume() -> None:
    server, client = VERSIONS["TLSv1.3"]
    server.set_session_id(b"faults")
    first = pump.connected(server, client)
    pump.transfer(first.server, first.client, b"x")
    session = first.client.get_session()
    assert session is not None
    session = SSL.Session.from_bytes(session.to_bytes(), client)
    second = pump.pair(server, client)
    second.client.set_session(session)
    pump.handshake(*second)
    assert pump.transfer(second.server, second.client, b"y") == b"y"


# ---- certificates and keys


KEY = crypto.PKey.from_cryptography_key(WHO.private_key)
#: OpenSSL knows several forms, and may fall back on another one.
WRITTEN = {kind: crypto.dump_privatekey(kind, KEY) for kind in LEAF}
PUBLIC = {kind: crypto.dump_publickey(kind, KEY) for kind in LEAF}


def load() -> None:
    for kind, (certificate, key) in LEAF.items():
        found = crypto.load_certificate(kind, certificate)
        assert found.get_subject().CN == "server"
        assert b"brisk.test" in repr(found.get_subject_alt_names()).encode()
        assert found.get_extension_count() > 3
        assert found.digest("sha256")
        assert len(str(found.get_extension(1))) > 3
        assert crypto.dump_certificate(kind, found) == certificate
        pkey = crypto.load_privatekey(kind, key)
        assert crypto.dump_privatekey(kind, pkey) == WRITTEN[kind]
        assert crypto.dump_publickey(kind, pkey) == PUBLIC[kind]
        signature = crypto.sign(pkey, b"data", "sha256")
        crypto.verify(found, signature, b"data", "sha256")
    assert len(crypto.load_certificates(PEM, CHAIN_PEM)) == 2
    loaded = crypto.load_privatekey(PEM, ENCRYPTED, authority.PASSPHRASE)
    assert loaded.bits() == 256


BAG = pkcs12.serialize_key_and_certificates(
    b"name",
    WHO.private_key,  # type: ignore[arg-type]
    WHO.certificate,
    list(WHO.intermediates),
    serialization.NoEncryption(),
)


def bags() -> None:
    bag = crypto.load_pkcs12(BAG)
    assert bag.get_friendlyname() == b"name"
    certificate = bag.get_certificate()
    assert certificate is not None and certificate.get_subject().CN == "server"
    assert bag.get_privatekey() is not None
    assert len(bag.get_ca_certificates() or ()) == 1


#: The same without its MAC: version and content, and what follows these two is left out.
BARE_BAG = der.sequence(*der.parts(BAG)[:2])


def bared() -> None:
    """Never fail open: where nothing is encrypted or has a MAC, a passphrase is refused."""
    try:
        crypto.load_pkcs12(BARE_BAG, b"nobody's")
    except crypto.Error:
        return
    raise AssertionError("an archive that nothing protects was taken with a passphrase")


def distrust(store: crypto.X509Store, stranger: crypto.X509) -> None:
    try:
        crypto.X509StoreContext(store, stranger).verify_certificate()
    except (crypto.X509StoreContextError, crypto.Error):
        return
    raise AssertionError("a stranger was trusted")


def trust() -> None:
    store = crypto.X509Store()
    store.add_cert(crypto.load_certificate(PEM, ROOT_PEM))
    store.add_cert(crypto.load_certificate(DER, INTERMEDIATE))
    leaf = crypto.load_certificate(PEM, LEAF_PEM)
    crypto.X509StoreContext(store, leaf).verify_certificate()
    assert len(crypto.X509StoreContext(store, leaf).get_verified_chain()) == 3
    distrust(store, crypto.load_certificate(PEM, STRANGER_PEM))


def make() -> None:
    made = crypto.X509()
    made.set_version(2)
    made.set_serial_number(2**70)
    made.get_subject().CN = "made"
    made.set_issuer(made.get_subject())
    made.gmtime_adj_notBefore(0)
    made.gmtime_adj_notAfter(3600)
    made.set_pubkey(KEY)
    made.sign(KEY, "sha256")
    assert made.get_subject().CN == "made"
    assert made.get_serial_number() == 2**70
    request = crypto.X509Req()
    request.get_subject().O = "made"
    request.set_pubkey(KEY)
    request.sign(KEY, "sha256")
    assert request.verify(KEY)
    again = crypto.load_certificate_request(PEM, crypto.dump_certificate_request(PEM, request))
    assert again.get_subject().O == "made"


OWN = crypto.load_certificate(PEM, LEAF_PEM)


def sign_here(algorithm: crypto.SigningAlgorithm, message: bytes) -> bytes:
    return crypto.sign(KEY, message, algorithm.digest)


def sign_elsewhere() -> None:
    key = crypto.PKey.from_signer(KEY, sign_here)
    crypto.verify(OWN, crypto.sign(key, b"data", "sha256"), b"data", "sha256")
    context = quiet(contexts.blank_context())
    context.use_certificate(OWN)
    context.use_privatekey(key)
    pump.connected(context, quiet(contexts.client_context(verify=False)))
    assert crypto.dump_publickey(DER, key) == crypto.dump_publickey(DER, KEY)


SCENARIOS: dict[str, Scenario] = {
    each.__name__: each
    for each in (
        *(
            set_up_server,
            set_up_client,
            share,
            renew,
            *(host_again, email_again, host_again_and_moved, host_again_and_believed),
            shake_1_2,
            shake_1_3,
            callbacks,
            refused,
        ),
        *(vetoed, datagrams, talk, talk_over_sockets, resume, load, bags, trust, make),
        *(bared, sign_elsewhere),
    )
}
SCENARIOS |= hooked.SCENARIOS
