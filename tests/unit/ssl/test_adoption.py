"""What a server's connection takes over from a Context that is chosen, and what of its own stays.

A connection that moves is compared with one that was made with the Context it moves to, and
what was set on a connection itself with one that never moves.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kit import authority, contexts, pump, shared
from kit.flights import DH_2048
from OpenSSL import SSL

Setter = Callable[[Any], object]
Outcome = tuple[Any, ...]
REQUIRED = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
#: Where a Context is chosen: in a hook of the first one's, or before the handshake.
WAYS = pytest.mark.parametrize("way", ["hello", "name", "protocol", "before"])


def choose_by(front: SSL.Context, way: str, choose: Callable[..., Any]) -> None:
    """Have a hook of `front` choose, where that is the way."""
    setters: dict[str, Callable[[Any], None]] = {
        "hello": front.set_client_hello_callback,
        "name": front.set_tlsext_servername_callback,
        "protocol": front.set_alpn_select_callback,
    }
    if way in setters:
        setters[way](choose)


def moving(
    front: SSL.Context,
    chosen: SSL.Context,
    asking: SSL.Context,
    way: str,
    own: Setter | None = None,
) -> pump.Pair:
    """Two ends whose server's begins with `front` and goes on with `chosen`."""

    def choose(end: SSL.Connection, *offered: Any) -> Any:
        end.set_context(chosen)
        return offered[0][0] if way == "protocol" else None

    choose_by(front, way, choose)
    ends = pump.pair(front, asking, b"brisk.test")
    if own is not None:
        own(ends.server)
    if way == "before":
        choose(ends.server)
    return ends


def server(version: str) -> SSL.Context:
    context = contexts.server_context(version=version, require_client=True)
    context.set_cipher_list(b"DEFAULT:PSK")
    return context


def client(version: str) -> SSL.Context:
    context = contexts.client_context(authority.client_identity(), version=version)
    context.set_alpn_protos([b"p"])
    return context


def lengths(end: SSL.Connection) -> list[int]:
    """The sizes of the records that a message of 3000 bytes becomes."""
    pump.outgoing(end)
    end.sendall(bytes(3000))
    data = pump.outgoing(end)
    found = []
    while data:
        found.append(int.from_bytes(data[3:5], "big"))
        data = data[5 + found[-1] :]
    return found


def observed(ends: pump.Pair) -> Outcome:
    """All that either end may notice of what was set."""
    outcome = pump.handshake_outcome(*ends)
    if outcome != (None, None):
        # The server's own words may differ: it meets the same refusal in another state.
        return outcome.server is not None, str(outcome.client)
    return (
        lengths(ends.server),
        ends.server.get_mode(),
        ends.server.get_security_level(),
        ends.server.get_peer_signature(),
        ends.server.get_group_name(),
        ends.server.get_cipher_name(),
        ends.server.get_num_tickets(),
        ends.client.get_client_certificate_types(),
        [name.oneline() for name in ends.client.get_client_ca_list()],
    )


def outcome_of(
    version: str, chosen: Setter | None = None, own: Setter | None = None, way: str = ""
) -> Outcome:
    """A handshake with the Context `chosen` has set, got to by `way`, or made with it."""
    front, other = server(version), server(version)
    if chosen is not None:
        chosen(other)
    return observed(moving(front if way else other, other, client(version), way, own))


def by(method: str, *arguments: Any) -> Setter:
    return lambda target: getattr(target, method)(*arguments)


def name_authorities(method: str) -> Setter:
    def do(target: Any) -> None:
        subject = SSL.Connection(contexts.server_context(), None).get_certificate().get_subject()
        getattr(target, method)([subject])

    return do


#: What both have, by which version shows it, and where libssl keeps it: all are to come over.
BOTH: dict[str, tuple[str, Setter]] = {
    "set_block_padding": ("TLSv1.3", by("set_block_padding", 512)),
    "set_max_send_fragment": ("TLSv1.2", by("set_max_send_fragment", 700)),
    "set_split_send_fragment": ("TLSv1.3", by("set_split_send_fragment", 700)),
    "set_mode": ("TLSv1.3", by("set_mode", SSL.MODE_RELEASE_BUFFERS)),
    "set_num_tickets": ("TLSv1.3", by("set_num_tickets", 5)),
    "set_security_level": ("TLSv1.3", by("set_security_level", 3)),
    "set_cipher_list": ("TLSv1.2", by("set_cipher_list", b"ECDHE+CHACHA20:@SECLEVEL=1")),
    "set_tls13_ciphersuites": (
        "TLSv1.3",
        by("set_tls13_ciphersuites", b"TLS_CHACHA20_POLY1305_SHA256"),
    ),
    "set_groups_list": ("TLSv1.3", by("set_groups_list", b"P-384")),
    "set_sigalgs_list": ("TLSv1.2", by("set_sigalgs_list", b"ECDSA+SHA384")),
    "set_client_sigalgs_list": ("TLSv1.3", by("set_client_sigalgs_list", b"RSA-PSS+SHA256")),
    "set_client_certificate_types": (
        "TLSv1.2",
        by("set_client_certificate_types", ["ecdsa_sign"]),
    ),
    "set_client_ca_list": ("TLSv1.2", name_authorities("set_client_ca_list")),
    "set_min_proto_version": ("TLSv1.2", by("set_min_proto_version", SSL.TLS1_3_VERSION)),
    "set_max_proto_version": ("TLSv1.3", by("set_max_proto_version", SSL.TLS1_2_VERSION)),
    "set_verify_depth": ("TLSv1.3", by("set_verify_depth", 0)),
    "set_verify_auth_level": ("TLSv1.3", by("set_verify_auth_level", 5)),
    "set_purpose": ("TLSv1.3", by("set_purpose", "timestampsign")),
    "configure Groups": ("TLSv1.3", by("configure", "Groups", "P-384")),
    "configure curves": ("TLSv1.3", by("configure", "curves", "P-384")),
    "configure ECDHParameters": ("TLSv1.3", by("configure", "ECDHParameters", "P-384")),
    "configure MinProtocol": ("TLSv1.2", by("configure", "MinProtocol", "TLSv1.3")),
    "configure MaxProtocol": ("TLSv1.3", by("configure", "MaxProtocol", "TLSv1.2")),
    "configure Protocol": ("TLSv1.3", by("configure", "Protocol", "-TLSv1.3")),
    "configure CipherString": (
        "TLSv1.2",
        by("configure", "CipherString", "ECDHE+CHACHA20:@SECLEVEL=1"),
    ),
    "configure Ciphersuites": (
        "TLSv1.3",
        by("configure", "Ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"),
    ),
    "configure SignatureAlgorithms": (
        "TLSv1.2",
        by("configure", "SignatureAlgorithms", "ECDSA+SHA384"),
    ),
    "configure ClientSignatureAlgorithms": (
        "TLSv1.3",
        by("configure", "ClientSignatureAlgorithms", "RSA-PSS+SHA256"),
    ),
    "configure RecordPadding": ("TLSv1.3", by("configure", "RecordPadding", "512")),
    "configure NumTickets": ("TLSv1.3", by("configure", "NumTickets", "5")),
    "configure VerifyCAFile": (
        "TLSv1.3",
        by("configure", "VerifyCAFile", str(authority.stranger().files.chain)),
    ),
}


@WAYS
@pytest.mark.parametrize("setting", BOTH)
@pytest.mark.holds("S13", "F15")
def test_a_chosen_context_brings_it(setting: str, way: str) -> None:
    version, put = BOTH[setting]
    made_with_it = outcome_of(version, chosen=put)
    assert made_with_it != outcome_of(version)
    assert outcome_of(version, chosen=put, way=way) == made_with_it


@WAYS
@pytest.mark.parametrize("setting", BOTH)
@pytest.mark.holds("S13")
def test_what_was_set_on_the_connection_stays(setting: str, way: str) -> None:
    version, put = BOTH[setting]
    never_moved = outcome_of(version, own=put)
    assert never_moved != outcome_of(version)
    assert outcome_of(version, own=put, way=way) == never_moved


@WAYS
def test_a_hint_for_keys_stays(way: str) -> None:
    told = []
    front, other = (shared.server_context("TLSv1.2") for _ in range(2))
    asking = shared.client_context("TLSv1.2")
    asking.set_psk_client_callback(
        lambda _end, hint: (told.append(hint), (shared.IDENTITY, shared.KEY))[1]
    )
    asking.set_alpn_protos([b"p"])
    for hint in (b"own", None):
        other.use_psk_identity_hint(b"the other's")
        own = by("use_psk_identity_hint", hint)
        pump.handshake(*moving(front, other, asking, way, own))
    assert told == [b"own", None]


@WAYS
@pytest.mark.parametrize(
    "put", [by("set_verify", REQUIRED), by("configure", "VerifyMode", "Require")]
)
@pytest.mark.holds("U-A1")
def test_a_connection_that_requires_certificates_goes_on_requiring_them(
    put: Setter, way: str
) -> None:
    """Also where the first Context did so by itself, and the other does not by its own words."""
    other = contexts.server_context(version="TLSv1.3")
    other.set_verify(SSL.VERIFY_NONE)
    nameless = contexts.client_context(version="TLSv1.3")
    nameless.set_alpn_protos([b"p"])
    ends = moving(server("TLSv1.3"), other, nameless, way, put)
    assert pump.handshake_outcome(*ends).server is not None


def test_the_last_one_set_counts() -> None:
    """By a setter or by its command: whichever came last is what stays."""
    lists = [by("set_groups_list", b"P-384"), by("configure", "Groups", "P-521")]
    for first, last in (lists, lists[::-1]):

        def both(target: Any, first: Setter = first, last: Setter = last) -> None:
            first(target)
            last(target)

        moved = outcome_of("TLSv1.3", own=both, way="hello")
        assert moved == outcome_of("TLSv1.3", own=both) == outcome_of("TLSv1.3", own=last)


def test_sizes_of_the_context_that_is_left_stay_behind() -> None:
    front, other = server("TLSv1.3"), server("TLSv1.3")
    for put in ("set_block_padding", "set_max_send_fragment", "set_split_send_fragment"):
        BOTH[put][1](front)
    ends = pump.pair(front, client("TLSv1.3"))
    ends.server.set_context(other)
    assert observed(ends) == outcome_of("TLSv1.3")


def test_a_padding_hook_that_is_left_behind_gives_way_to_block_padding() -> None:
    front, other = server("TLSv1.3"), server("TLSv1.3")
    front.set_record_padding_callback(lambda *_: 3)
    other.set_block_padding(512)
    ends = pump.pair(front, client("TLSv1.3"))
    ends.server.set_context(other)
    pump.handshake(*ends)
    assert lengths(ends.server) == [3072 + 16]


@pytest.mark.parametrize("where", ["context", "connection"])
def test_without_its_hook_block_padding_counts_again(where: str) -> None:
    context = server("TLSv1.3")
    ends = pump.pair(context, client("TLSv1.3"))
    for target in (context, ends.server) if where == "context" else (ends.server,):
        target.set_block_padding(512)
        target.set_record_padding_callback(lambda *_: 3)
        target.set_record_padding_callback(None)
    if where == "context":
        ends = pump.pair(context, client("TLSv1.3"))
    pump.handshake(*ends)
    assert lengths(ends.server) == [3072 + 16]


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("way", ["hello", "name", "protocol", "before"])
def test_a_move_that_fails_half_way_lets_nobody_in(way: str, version: str, tmp_path: Path) -> None:
    """The host's level is above the connection's own parameters: by whose rules would it go on?"""
    path = tmp_path / "parameters.pem"
    path.write_text(DH_2048)
    front, host, asking = server(version), server(version), client(version)
    failures: list[Exception] = []

    def choose(end: SSL.Connection, *offered: Any) -> Any:
        try:
            end.set_context(host)
        except SSL.Error as error:
            failures.append(error)  # and the program goes on, as if nothing were
        return offered[0][0] if way == "protocol" else None

    choose_by(front, way, choose)
    ends = pump.pair(front, asking, b"brisk.test")
    host.set_security_level(3)
    ends.server.configure("DHParameters", str(path))
    if way == "before":
        choose(ends.server)
    assert pump.handshake_outcome(*ends).server is not None
    assert len(failures) == 1


def test_a_mode_taken_away_is_not_brought_back() -> None:
    front, host = contexts.server_context(), contexts.server_context()
    mode = SSL.MODE_RELEASE_BUFFERS
    for context in (front, host):
        context.set_mode(mode)
    for again in (False, True):
        connection = SSL.Connection(front)
        connection.clear_mode(mode)
        if again:
            connection.set_mode(mode)
        connection.set_context(host)
        assert bool(connection.get_mode() & mode) is again


#: How an option is set and cleared: by its method, by its command, or both in turn.
SETTING = [
    by("set_options", SSL.OP_CIPHER_SERVER_PREFERENCE),
    by("configure", "Options", "ServerPreference"),
]
CLEARING = [
    by("clear_options", SSL.OP_CIPHER_SERVER_PREFERENCE),
    by("configure", "Options", "-ServerPreference"),
]


@WAYS
@pytest.mark.parametrize("front_has", [False, True])
@pytest.mark.parametrize("host_has", [False, True])
@pytest.mark.parametrize("last", range(4))
def test_an_option_of_the_connection_stays_as_it_is(
    last: int, front_has: bool, host_has: bool, way: str
) -> None:
    option = SSL.OP_CIPHER_SERVER_PREFERENCE
    for first in range(4):

        def own(target: Any, first: int = first) -> None:
            for each in (first, last):
                [*SETTING, *CLEARING][each](target)

        front, host = server("TLSv1.3"), server("TLSv1.3")
        for context, has in ((front, front_has), (host, host_has)):
            context.clear_options(option)
            context.set_options(option if has else 0)
        ends = moving(front, host, client("TLSv1.3"), way, own)
        pump.handshake(*ends)
        assert bool(ends.server.get_options() & option) is (last < len(SETTING))


#: Options that allow something; see BRISK_LAX_OPTIONS in compat.h.
LAX = {
    "OP_IGNORE_UNEXPECTED_EOF": 1 << 7,
    "OP_LEGACY_SERVER_CONNECT": 1 << 2,
    "OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION": 1 << 18,
    "OP_ALLOW_CLIENT_RENEGOTIATION": 1 << 8,
    "OP_ALLOW_NO_DHE_KEX": 1 << 10,
    "OP_NO_EXTENDED_MASTER_SECRET": 1 << 0,
    "OP_NO_ENCRYPT_THEN_MAC": 1 << 19,
    "OP_NO_ANTI_REPLAY": 1 << 24,
}


@WAYS
@pytest.mark.parametrize("option", LAX)
def test_what_a_context_allows_ends_with_it(option: str, way: str) -> None:
    bit = LAX[option]
    for front_has in (False, True):
        for host_has in (False, True):
            front, host = server("TLSv1.3"), server("TLSv1.3")
            for context, has in ((front, front_has), (host, host_has)):
                context.clear_options(bit)
                context.set_options(bit if has else 0)
            for own in (False, True):
                put = by("set_options", bit) if own else None
                ends = moving(front, host, client("TLSv1.3"), way, put)
                pump.handshake(*ends)
                assert bool(ends.server.get_options() & bit) is (host_has or own)


@WAYS
def test_what_either_context_forbids_stays_forbidden(way: str) -> None:
    for forbidding in range(2):
        both = server("TLSv1.3"), server("TLSv1.3")
        both[forbidding].set_options(SSL.OP_NO_RENEGOTIATION)
        ends = moving(*both, client("TLSv1.3"), way)
        pump.handshake(*ends)
        assert ends.server.get_options() & SSL.OP_NO_RENEGOTIATION
