"""Which host names and addresses a certificate is accepted for, beside the ssl module."""

from __future__ import annotations

import datetime
import functools
import ipaddress
import socket
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kit import pump
from OpenSSL import SSL, crypto
from OpenSSL.SSL import X509_CHECK_FLAG_NO_WILDCARDS, X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS

DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.now(datetime.timezone.utc)
#: Names of a certificate: DNS names, addresses, others, and the common name.
Names = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], str]


def named(*dns: str, ip: str = "", other: str = "", common: str = "nobody") -> Names:
    return dns, tuple(filter(None, [ip])), tuple(filter(None, [other])), common


def subject(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


@functools.cache
def root() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = subject("root of the names")
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW - DAY, NOW + DAY)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    return key, builder.sign(key, hashes.SHA256())


@functools.cache
def server_for(names: Names) -> SSL.Context:
    dns, addresses, others, common = names
    issuer, certificate = root()
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder(
        certificate.subject, subject(common), key.public_key(), 2, NOW - DAY, NOW + DAY
    )
    alternatives: list[x509.GeneralName] = [x509.DNSName(each) for each in dns]
    alternatives += [x509.IPAddress(ipaddress.ip_address(each)) for each in addresses]
    alternatives += [x509.RFC822Name(each) for each in others]
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), False)
    context = SSL.Context(SSL.TLS_METHOD)
    context.use_certificate(builder.sign(issuer, hashes.SHA256()))
    context.use_privatekey(key)
    return context


def accepted(names: Names, host: str, flags: int | None = None, *, after: bool = False) -> bool:
    """Whether our client takes the certificate for ``host``."""
    context = SSL.Context(SSL.TLS_METHOD)
    context.get_cert_store().add_cert(crypto.X509.from_cryptography(root()[1]))
    context.set_verify(SSL.VERIFY_PEER)
    ends = pump.pair(server_for(names), context)
    try:
        if flags is not None and not after:
            ends.client.set_hostflags(flags)
        ends.client.set_host(host)
        if flags is not None and after:
            ends.client.set_hostflags(flags)
    except ValueError:
        return False
    outcome = pump.handshake_outcome(*ends)
    if outcome.client is None:
        return True
    assert isinstance(outcome.client, SSL.Error)
    assert outcome.client.verify_code in (62, 64)  # hostname or IP address mismatch
    return False


def accepted_by_ssl(names: Names, host: str) -> bool:
    """The same of the ssl module."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.hostname_checks_common_name = False
    pem = root()[1].public_bytes(serialization.Encoding.PEM).decode()
    context.load_verify_locations(cadata=pem)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = SSL.Connection(server_for(names), None)
    server.set_accept_state()
    try:
        client = context.wrap_bio(incoming, outgoing, server_hostname=host)
    except ValueError:
        return False
    for _ in range(10):
        try:
            client.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLCertVerificationError as error:
            assert error.verify_code in (62, 64)
            return False
        else:
            return True
        server.bio_write(outgoing.read())
        pump.step(server.do_handshake)
        incoming.write(pump.outgoing(server))
    raise AssertionError("no end")


CERTIFICATES = {
    "one name": named("good.test"),
    "capitals": named("GOOD.test"),
    "common name alone": named(common="good.test"),
    "common name beside an address": named(ip="192.0.2.1", common="good.test"),
    "common name beside mail": named(other="a@good.test", common="good.test"),
    "common name beside another": named("other.test", common="good.test"),
    "wildcard": named("*.good.test"),
    "partial, at the end": named("f*.good.test"),
    "partial, at the beginning": named("*o.good.test"),
    "partial, international": named("xn--f*.good.test"),
    "second label": named("a.*.good.test"),
    "two wildcards": named("*.*.good.test"),
    "top level": named("*.test"),
    "everything": named("*"),
    "below": named("a.good.test"),
    "final dot": named("good.test."),
    "underscore": named("go_od.test"),
    "address": named(ip="192.0.2.1"),
    "address of six": named(ip="2001:db8::1"),
    "mapped": named(ip="::ffff:192.0.2.1"),
    "address as a name": named("192.0.2.1"),
    "address as a common name": named(common="192.0.2.1"),
    "short address as a name": named("192.1"),
    "number as a name": named("3221225985"),
    "octal": named(ip="8.0.0.1"),
    "decimal": named(ip="10.0.0.1"),
}
HOSTS = [
    "good.test", "Good.TEST", "foo.good.test", "FOO.good.test", "a.good.test", "a.b.good.test",
    "xn--foo.good.test", "good.test.", ".good.test", ".test", ".", "go_od.test", "*.good.test",
    "other.test", "nobody", "test", "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:DB8:0::1",
    "::ffff:192.0.2.1", "10.0.0.1", "8.0.0.1",
]  # fmt: skip
#: What a resolver reads as an address and OpenSSL as another one, or as a name.
ODD = [
    "010.0.0.1", "10.0.0.01", "10.000.0.1", "192.1", "192.0.513", "3221225985", "0xc0000201",
    "0xC0.0.2.1", "192.0.2.0x1", "030000001001", "0", "0x", "1.2.3.4.5", "256.0.0.1",
    "192.0.2.1.", "good.test.1", "foo.0x1f", "::ffff:010.0.0.1", "fe80::1%eth0", "[::1]", "::1 ",
    "1::2::3", "good.test:443", " good.test", "good.test\n", "good\ttest", "192.0.2.1 x",
]  # fmt: skip


@pytest.mark.differs("Connection.set_host")
@pytest.mark.parametrize("which", CERTIFICATES)
@pytest.mark.holds("S8", "A2")
def test_what_the_ssl_module_refuses_is_refused_and_the_rest_is_not(which: str) -> None:
    for host in HOSTS:
        ours, theirs = (
            accepted(CERTIFICATES[which], host),
            accepted_by_ssl(CERTIFICATES[which], host),
        )
        if host == "good.test." and which == "final dot":
            assert not ours  # no certificate has such a name, by RFC 5280
            continue
        assert ours == theirs, host


@pytest.mark.differs("set_host and set_ip_asc with")
@pytest.mark.parametrize("host", ODD)
def test_what_others_would_read_otherwise_is_refused(host: str) -> None:
    connection = SSL.Connection(SSL.Context(SSL.TLS_METHOD), None)
    for flags in (None, 0):
        if flags is not None:
            connection.set_hostflags(flags)
        with pytest.raises(ValueError, match="name"):
            connection.set_host(host)
        with pytest.raises(ValueError, match="name"):
            connection.set_host(host.encode())


@pytest.mark.parametrize("address", ["010.0.0.1", "1.2.3", "0x7f.0.0.1", "::ffff:010.0.0.1", "x"])
def test_addresses_are_as_strict(address: str) -> None:
    connection = SSL.Connection(SSL.Context(SSL.TLS_METHOD), None)
    with pytest.raises(SSL.Error):
        connection.set_ip_asc(address)


@pytest.mark.holds("S15")
def test_no_number_that_the_resolver_reads_is_taken_for_another() -> None:
    """Whatever set_host takes for an address is the one that sockets connect to."""
    for host in [*HOSTS, *ODD]:
        connection = SSL.Connection(SSL.Context(SSL.TLS_METHOD), None)
        try:
            found = socket.getaddrinfo(host, 1, flags=socket.AI_NUMERICHOST)[0][4][0]
        except (OSError, UnicodeError):
            continue
        try:
            connection.set_host(host)
        except ValueError:
            continue
        assert ipaddress.ip_address(found) == ipaddress.ip_address(host)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.holds("S8")
def test_openssls_own_ways_come_back(after: bool) -> None:
    def own(which: str, host: str) -> bool:
        return accepted(CERTIFICATES[which], host, 0, after=after)

    assert own("common name alone", "good.test")
    assert own("common name beside an address", "good.test")
    assert own("partial, at the end", "foo.good.test")
    assert own("partial, at the beginning", "foo.good.test")
    assert not own("common name beside another", "good.test")


@pytest.mark.differs("set_host with a dot at either")
@pytest.mark.holds("A3", "A4")
def test_names_with_a_dot_at_an_end_need_flags() -> None:
    assert accepted(CERTIFICATES["below"], ".good.test", 0)
    assert accepted(CERTIFICATES["below"], ".test", 0)
    single = X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS
    assert accepted(CERTIFICATES["below"], ".good.test", single)
    assert not accepted(CERTIFICATES["below"], ".test", single)
    assert accepted(CERTIFICATES["final dot"], "good.test.", 0)
    for host in (".good.test", "good.test.", ".", ".."):
        connection = SSL.Connection(SSL.Context(SSL.TLS_METHOD), None)
        with pytest.raises(ValueError, match="dot"):
            connection.set_host(host)


def test_stricter_flags_stay_whatever_comes_first() -> None:
    assert accepted(CERTIFICATES["wildcard"], "a.good.test")
    for after in (False, True):
        strict = X509_CHECK_FLAG_NO_WILDCARDS
        assert not accepted(CERTIFICATES["wildcard"], "a.good.test", strict, after=after)


def test_a_refused_name_leaves_the_one_before() -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    context.get_cert_store().add_cert(crypto.X509.from_cryptography(root()[1]))
    context.set_verify(SSL.VERIFY_PEER)
    for good, fine in (("good.test", True), ("other.test", False)):
        ends = pump.pair(server_for(CERTIFICATES["one name"]), context)
        ends.client.set_host(good)
        for bad in (*ODD, "", ".good.test", "a\0b"):
            with pytest.raises(ValueError, match="name"):
                ends.client.set_host(bad)
        assert (pump.handshake_outcome(*ends).client is None) is fine
