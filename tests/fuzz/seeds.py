"""The first inputs of every harness: real flights, sessions, certificates, keys."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

from kit import authority, contexts, pump
from OpenSSL import SSL

PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


def write_identity(folder: Path) -> None:
    """What harnesses load: a trusted root, a chain, its key."""
    folder.mkdir(parents=True, exist_ok=True)
    who = authority.identity("ecdsa")
    (folder / "chain.pem").write_bytes(who.chain_pem)
    (folder / "key.pem").write_bytes(who.key_pem)
    (folder / "trust.pem").write_bytes(who.root_pem)


def flights() -> Iterator[tuple[str, bytes]]:
    """What each end said in good handshakes, for the other end to hear."""
    for choice, version in ((0, None), (1, "TLSv1.3"), (2, "TLSv1.2"), (16, None)):
        server, client = pump.pair(
            contexts.server_context(version=version, ask_client=bool(choice)),
            contexts.client_context(authority.client_identity(), version=version, verify=False),
        )
        client.set_alpn_protos([b"h2", b"http/1.1"])
        client.set_tlsext_host_name(b"brisk.test")
        said = {"client": b"", "server": b""}
        for _ in range(4):
            for end, hears, other in ((client, "server", server), (server, "client", client)):
                pump.step(end.do_handshake)
                data = pump.outgoing(end)
                said[hears] += data
                if data:
                    other.bio_write(data)
        for name, data in said.items():
            yield name, bytes([choice, 0]) + data
            yield name, bytes([choice, 100]) + data
    datagram = SSL.Connection(SSL.Context(SSL.DTLS_METHOD), None)
    datagram.set_connect_state()
    pump.step(datagram.do_handshake)
    for choice in (3, 19):
        yield "server", bytes([choice, 0]) + pump.outgoing(datagram)


def sessions() -> Iterator[tuple[str, bytes]]:
    for version in ("TLSv1.2", "TLSv1.3"):
        server, client = pump.connected(
            contexts.server_context(version=version), contexts.client_context(version=version)
        )
        server.send(b"x")
        pump.transfer(server, client, b"y")
        found = client.get_session()
        assert found is not None
        yield "session", b"\0" + found.to_bytes()


def credentials() -> Iterator[tuple[str, bytes]]:
    for kind in ("rsa", "ecdsa", "ed25519"):
        who = authority.identity(kind)
        yield "certificate", b"\1" + who.pem
        yield "certificate", b"\0" + who.der
        yield "certificate", b"\3" + who.chain_pem
        yield "key", b"\1" + who.key_pem
        yield "key", b"\0" + who.key_der
        public = who.private_key.public_key()
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        yield "key", b"\3" + public.public_bytes(PEM, form)
        yield "key", b"\2" + public.public_bytes(DER, form)
    yield "certificate", b"\0" + authority.authority().root.public_bytes(DER)
    yield "key", b"\1" + authority.identity("ecdsa").key_pem_encrypted


def containers() -> Iterator[tuple[str, bytes]]:
    who = authority.identity("ecdsa")
    bag = pkcs12.serialize_key_and_certificates(
        b"name",
        who.private_key,
        who.certificate,
        list(who.intermediates),  # type: ignore[arg-type]
        serialization.NoEncryption(),
    )
    yield "container", b"\0" + bag
    signed = pkcs7.serialize_certificates([who.certificate], DER)
    yield "container", bytes([2]) + signed
    yield "container", bytes([3]) + pkcs7.serialize_certificates([who.certificate], PEM)
    now = who.certificate.not_valid_before_utc
    revoked = x509.RevokedCertificateBuilder().serial_number(7).revocation_date(now)
    revoked = revoked.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), False)
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(who.certificate.issuer)
        .last_update(now)
        .next_update(who.certificate.not_valid_after_utc)
        .add_revoked_certificate(revoked.build())
        .sign(who.private_key, hashes.SHA256())
    )
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(who.certificate.subject)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("brisk.test")]), False)
        .sign(who.private_key, hashes.SHA256())
    )
    for encoding, bit in ((DER, 0), (PEM, 1)):
        yield "container", bytes([4 + bit]) + crl.public_bytes(encoding)
        yield "container", bytes([6 + bit]) + request.public_bytes(encoding)


def words() -> Iterator[tuple[str, bytes]]:
    """Server names and ALPN, well made and as bytes of their own, to both ends."""
    name, offer = b"brisk.test", b"h2\nhttp/1.1"
    entry = b"\0" + len(name).to_bytes(2, "big") + name
    raw_name = len(entry).to_bytes(2, "big") + entry
    protocols = b"\x02h2\x08http/1.1"
    raw_offer = len(protocols).to_bytes(2, "big") + protocols
    for newer in (0, 2):
        for bits in (0, 32, 192):
            yield "names", bytes([bits | newer, len(name)]) + name + offer
            yield "names", bytes([bits | newer | 12, len(raw_name)]) + raw_name + raw_offer
    yield "names", bytes([1, 0]) + b"h2"
    yield "names", bytes([9, 0]) + b"\0\x03\x02h2"
    yield "names", bytes([29, 0]) + b"\0\x03\x02h2"
    yield "offer", b"h2\0http/1.1"
    yield "offer", name


def write_seeds(folder: Path) -> None:
    for make in (flights, sessions, credentials, containers, words):
        for name, data in make():
            place = folder / name
            place.mkdir(parents=True, exist_ok=True)
            (place / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
