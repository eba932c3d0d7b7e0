"""Rules of verification: of a Context, of one connection, and after another Context was chosen."""

from __future__ import annotations

import datetime
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509

from kit import authority, contexts, peers, pump, sockets, verdicts
from OpenSSL import SSL, crypto

CODES = SSL.X509VerificationCodes
FLAGS = crypto.X509StoreFlags
UTC = datetime.timezone.utc
NOW = datetime.datetime.now(UTC).replace(microsecond=0)
DAY = datetime.timedelta(days=1)
VERSIONS = ["TLSv1.2", "TLSv1.3"]
INVALID_PURPOSE, TOO_LONG, REJECTED, KEY_TOO_SMALL, NO_POLICY = 26, 22, 28, 66, 43
#: Sets one rule on a Context or a connection.
Rule = Callable[[SSL.Context | SSL.Connection], None]


def code(failure: Exception | None) -> int:
    if failure is None:
        return 0
    assert verdicts.is_protocol_error(failure, "certificate verify failed")
    assert isinstance(failure, SSL.Error)
    return failure.verify_code or -1


def judged(rule: Rule | None, where: str, who: authority.Identity | None = None) -> int:
    """What a client makes of a server when the rule is set on its Context or on itself."""
    client = contexts.client_context()
    if rule and where == "context":
        rule(client)
    ends = pump.pair(contexts.server_context(who), client)
    if rule and where == "connection":
        rule(ends.client)
    return code(pump.handshake_outcome(*ends).client)


def policy(*names: str) -> authority.Identity:
    kinds = [x509.PolicyInformation(x509.ObjectIdentifier(each), None) for each in names]
    return authority.authority().issue(
        "policies", extensions=[x509.CertificatePolicies(kinds)] if kinds else []
    )


@pytest.mark.parametrize("where", ["context", "connection"])
@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (lambda it: it.set_verify_flags(FLAGS.CRL_CHECK), CODES.ERR_UNABLE_TO_GET_CRL),
        (lambda it: it.set_verify_depth(0), TOO_LONG),
        (lambda it: it.set_verify_depth(1), 0),
        (lambda it: it.set_verify_time(NOW - 300 * DAY), CODES.ERR_CERT_NOT_YET_VALID),
        (lambda it: it.set_verify_time(NOW + 300 * DAY), CODES.ERR_CERT_HAS_EXPIRED),
        (lambda it: it.set_purpose("sslclient"), INVALID_PURPOSE),
        (lambda it: it.set_purpose("sslserver"), 0),
        (lambda it: it.set_purpose("any"), 0),
        (lambda it: it.set_verify_auth_level(5), KEY_TOO_SMALL),
        (lambda it: it.set_verify_auth_level(-1), 0),
        (lambda it: it.set_verify_policies(["1.2.3.4"]), 0),
    ],
)
def test_a_rule(rule: Rule, expected: int, where: str) -> None:
    assert judged(None, where) == 0
    assert judged(rule, where) == expected


@pytest.mark.parametrize("where", ["context", "connection"])
def test_what_can_be_taken_back(where: str) -> None:
    def flags(it: SSL.Context | SSL.Connection) -> None:
        it.set_verify_flags(FLAGS.CRL_CHECK | FLAGS.X509_STRICT)
        assert it.get_verify_flags() == FLAGS.CRL_CHECK | FLAGS.X509_STRICT
        it.clear_verify_flags(FLAGS.CRL_CHECK)
        assert it.get_verify_flags() == FLAGS.X509_STRICT

    def moment(it: SSL.Context | SSL.Connection) -> None:
        assert it.get_verify_time() is None
        it.set_verify_time(NOW - 300 * DAY)
        assert it.get_verify_time() == NOW - 300 * DAY
        it.set_verify_time(None)
        assert it.get_verify_time() is None

    def level(it: SSL.Context | SSL.Connection) -> None:
        assert it.get_verify_auth_level() == -1
        it.set_verify_auth_level(5)
        assert it.get_verify_auth_level() == 5
        it.set_verify_auth_level(2)

    for rule in (flags, moment, level):
        assert judged(rule, where) == 0


def test_a_connection_may_take_away_what_its_context_asks_for() -> None:
    client = contexts.client_context()
    client.set_verify_flags(FLAGS.CRL_CHECK)
    client.set_verify_depth(0)
    ends = pump.pair(contexts.server_context(), client)
    assert ends.client.get_verify_depth() == 0
    ends.client.clear_verify_flags(FLAGS.CRL_CHECK)
    ends.client.set_verify_depth(5)
    assert code(pump.handshake_outcome(*ends).client) == 0
    other = pump.pair(contexts.server_context(), client)
    assert code(pump.handshake_outcome(*other).client) == TOO_LONG


@pytest.mark.parametrize("where", ["context", "connection"])
def test_an_expired_certificate_at_its_time(where: str) -> None:
    rule: Rule = lambda it: it.set_verify_time((NOW - 5 * DAY).replace(tzinfo=None))  # noqa: E731
    assert judged(None, where, authority.expired()) == CODES.ERR_CERT_HAS_EXPIRED
    assert judged(rule, where, authority.expired()) == 0


@pytest.mark.parametrize("where", ["context", "connection"])
@pytest.mark.parametrize(
    ("has", "asked", "expected"),
    [
        ((), ["1.2.3.4"], NO_POLICY),
        (("1.2.3.4",), ["1.2.3.4"], NO_POLICY),  # the intermediate has none
        (("1.2.3.4",), [], NO_POLICY),
    ],
)
def test_policies(has: tuple[str, ...], asked: list[str], expected: int, where: str) -> None:
    def rule(it: SSL.Context | SSL.Connection) -> None:
        it.set_verify_policies(asked)
        it.set_verify_flags(FLAGS.EXPLICIT_POLICY)

    assert judged(rule, where, policy(*has)) == expected


@pytest.mark.parametrize("where", ["context", "connection"])
def test_trust_is_what_the_file_says(where: str, tmp_path: Path) -> None:
    path = tmp_path / "root.pem"
    path.write_bytes(authority.identity().root_pem)
    subprocess.run(
        ["openssl", "x509", "-in", path, "-trustout", "-addreject", "serverAuth", "-out", path],
        check=True,
        capture_output=True,
    )
    for rule, expected in ((None, REJECTED), ("ssl_server", REJECTED), ("ssl_client", 0)):
        client = contexts.blank_context()
        client.set_verify(SSL.VERIFY_PEER)
        client.load_verify_data(path.read_bytes())
        ends = pump.pair(contexts.server_context(), client)
        if rule is not None:
            (client if where == "context" else ends.client).set_trust(rule)
        if where == "context":
            ends = pump.pair(contexts.server_context(), client)
        assert code(pump.handshake_outcome(*ends).client) == expected


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda it: it.set_verify_flags("x"), TypeError),
        (lambda it: it.set_verify_flags(-1), OverflowError),
        (lambda it: it.set_verify_time(5), TypeError),
        (lambda it: it.set_verify_time("now"), TypeError),
        (lambda it: it.set_verify_auth_level(6), ValueError),
        (lambda it: it.set_verify_auth_level(-2), ValueError),
        (lambda it: it.set_verify_auth_level(None), TypeError),
        (lambda it: it.set_purpose("flying"), ValueError),
        (lambda it: it.set_purpose("any\0"), ValueError),
        (lambda it: it.set_purpose(1), TypeError),
        (lambda it: it.set_trust("me"), ValueError),
        (lambda it: it.set_trust(3), TypeError),
        (lambda it: it.set_verify_policies("1.2.3"), TypeError),
        (lambda it: it.set_verify_policies(["no such"]), SSL.Error),
        (lambda it: it.set_verify_policies([b"1.2.3"]), TypeError),
        (lambda it: it.set_verify_policies(["1.2.3\0.4"]), ValueError),
    ],
)
@pytest.mark.parametrize("where", ["context", "connection"])
def test_bad_arguments_change_nothing(
    call: Callable[[object], None], kind: type[Exception], where: str
) -> None:
    client = contexts.client_context()
    ends = pump.pair(contexts.server_context(), client)
    with pytest.raises(kind):
        call(client if where == "context" else ends.client)
    assert code(pump.handshake_outcome(*ends).client) == 0


# ---- another Context


def chosen(rule: Rule | None, before: Rule | None = None, own: Rule | None = None) -> int:
    """What a server makes of its client when a hook has chosen a Context with that rule."""
    host = contexts.server_context(require_client=True)
    if rule:
        rule(host)

    def choose(connection: SSL.Connection) -> None:
        connection.set_context(host)

    first = contexts.server_context(require_client=True)
    if before:
        before(first)
    first.set_tlsext_servername_callback(choose)
    client = contexts.client_context(authority.client_identity())
    ends = pump.pair(first, client, b"brisk.test")
    if own:
        own(ends.server)
    return code(pump.handshake_outcome(*ends).server)


RULES: list[tuple[Rule, int]] = [
    (lambda it: it.set_verify_flags(FLAGS.CRL_CHECK), CODES.ERR_UNABLE_TO_GET_CRL),
    (lambda it: it.set_verify_depth(0), TOO_LONG),
    (lambda it: it.set_verify_time(NOW - 300 * DAY), CODES.ERR_CERT_NOT_YET_VALID),
    (lambda it: it.set_purpose("sslserver"), INVALID_PURPOSE),
    (lambda it: it.set_verify_auth_level(5), KEY_TOO_SMALL),
]


@pytest.mark.parametrize(("rule", "expected"), RULES)
def test_a_chosen_context_brings_its_rules(rule: Rule, expected: int) -> None:
    assert chosen(None) == 0
    assert chosen(rule) == expected


@pytest.mark.parametrize(("rule", "_expected"), RULES)
def test_a_chosen_context_has_not_the_rules_of_the_first(rule: Rule, _expected: int) -> None:
    assert chosen(None, before=rule) == 0


@pytest.mark.parametrize(("rule", "expected"), RULES)
def test_the_connections_own_rules_stay(rule: Rule, expected: int) -> None:
    assert chosen(None, own=rule) == expected


def test_flags_that_the_connection_took_away_stay_away() -> None:
    rule = RULES[0][0]
    assert chosen(rule, own=lambda it: it.clear_verify_flags(FLAGS.CRL_CHECK)) == 0


@pytest.mark.parametrize("ruled", [True, False])
def test_names_stay_when_the_context_changes(ruled: bool) -> None:
    for name, expected in (("brisk.test", 0), ("other.test", CODES.ERR_HOSTNAME_MISMATCH)):
        ends = pump.pair(contexts.server_context(), contexts.client_context())
        ends.client.set_host("another.test")
        ends.client.add_host(name)
        other = contexts.client_context()
        if ruled:
            other.set_verify_auth_level(1)
        ends.client.set_context(other)
        assert code(pump.handshake_outcome(*ends).client) == expected
    for address, expected in (("127.0.0.1", 0), ("127.0.0.2", CODES.ERR_IP_ADDRESS_MISMATCH)):
        ends = pump.pair(contexts.server_context(), contexts.client_context())
        ends.client.set_ip_asc(address)
        other = contexts.client_context()
        if ruled:
            other.set_verify_auth_level(1)
        ends.client.set_context(other)
        assert code(pump.handshake_outcome(*ends).client) == expected


# ---- sessions


@pytest.mark.parametrize("version", VERSIONS)
def test_no_session_stands_for_a_clients_own_rules(version: str) -> None:
    server = contexts.server_context(version=version)
    client = contexts.client_context(version=version)
    first = pump.connected(server, client)
    pump.drain(first.client)  # TLS 1.3 has its session behind the handshake
    session = first.client.get_session()
    assert session is not None
    for rule, resumed in ((None, True), (RULES[0][0], False)):
        ends = pump.pair(server, client)
        ends.client.set_session(session)
        if rule:
            rule(ends.client)
        failure = pump.handshake_outcome(*ends).client
        assert (failure is None) is resumed
        assert ends.client.session_reused() is resumed


@pytest.mark.parametrize("version", VERSIONS)
def test_no_session_stands_for_a_servers_own_rules(version: str) -> None:
    server = contexts.server_context(version=version, require_client=True)
    server.set_session_id(b"here")
    client = contexts.client_context(authority.client_identity(), version=version)
    first = pump.connected(server, client)
    pump.drain(first.client)  # TLS 1.3 has its session behind the handshake
    session = first.client.get_session()
    assert session is not None
    for rule, resumed in (
        (None, True),
        (lambda it: it.set_verify_depth(5), False),
        (RULES[0][0], False),
    ):
        ends = pump.pair(server, client)
        ends.client.set_session(session)
        if rule:
            rule(ends.server)
        failure = pump.handshake_outcome(*ends).server
        assert (failure is None) is (rule is not RULES[0][0])
        assert ends.server.session_reused() is resumed


@pytest.mark.parametrize("version", VERSIONS)
def test_a_rule_that_a_host_brings(version: str) -> None:
    """The callback runs before libssl looks the session up: then it verifies again."""
    rules: list[Rule] = []

    def hook(connection: SSL.Connection) -> None:
        for rule in rules:
            rule(connection)

    server = contexts.server_context(version=version, require_client=True)
    server.set_session_id(b"here")
    server.set_tlsext_servername_callback(hook)
    client = contexts.client_context(authority.client_identity(), version=version)
    first = pump.connected(server, client, b"brisk.test")
    pump.drain(first.client)  # TLS 1.3 has its session behind the handshake
    session = first.client.get_session()
    assert session is not None
    rules.append(RULES[0][0])
    ends = pump.pair(server, client, b"brisk.test")
    ends.client.set_session(session)
    assert code(pump.handshake_outcome(*ends).server) == CODES.ERR_UNABLE_TO_GET_CRL
    full = pump.pair(server, client, b"brisk.test")
    assert code(pump.handshake_outcome(*full).server) == CODES.ERR_UNABLE_TO_GET_CRL


# ---- with another program


def test_a_server_of_another_program() -> None:
    with peers.openssl_server() as server:
        for rule, expected in (*RULES[:3], (lambda it: it.set_purpose("sslserver"), 0)):
            with (
                socket.create_connection((sockets.LOOPBACK, server.port)) as sock,
                sockets.client_end(contexts.client_context(), sock) as end,
            ):
                rule(end)
                if expected:
                    with verdicts.protocol_error("^certificate verify failed$"):
                        end.do_handshake()
                    assert end.get_verify_result() == expected
                else:
                    end.do_handshake()
                    end.shutdown()
