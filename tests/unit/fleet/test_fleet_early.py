"""Early data across a fleet: a recorded flight is taken once, or not at all."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit import contexts, early, programs, pump, resuming, shared, sockets, verdicts
from kit.distant_store import Distant, Outside
from kit.fleets import EARLY, PATIENT, SECRET, grown_up, played, recorded, takes_early, until
from OpenSSL import SSL
from OpenSSL.fleet import Fleet, MemoryStore, SharedFile


@pytest.fixture
def client() -> SSL.Context:
    return contexts.client_context(version="TLSv1.3")


@pytest.fixture(params=["memory", "outside", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[object]:
    if request.param == "file":
        made = SharedFile(tmp_path / "store")
        grown_up(tmp_path / "store")
        yield made
        made.close()
        return
    yield MemoryStore() if request.param == "memory" else Outside(Distant())


@pytest.fixture
def fleets(store: object) -> Iterator[list[Fleet]]:
    made = [Fleet(store, SECRET, **PATIENT) for _ in range(2)]  # type: ignore[arg-type]
    yield made
    for each in made:
        each.close()


@pytest.mark.parametrize("sessions", [True, False])
@pytest.mark.parametrize("order", ["first one", "first other"])
def test_a_recorded_flight_is_taken_once_in_the_whole_fleet(
    fleets: list[Fleet], client: SSL.Context, order: str, sessions: bool
) -> None:
    servers = [takes_early() for _ in fleets]
    for fleet, server in zip(fleets, servers, strict=True):
        fleet.attach(server, sessions=sessions)
    flight = recorded(servers[0], client)
    if order == "first other":
        servers.reverse()
    assert [played(server, flight) for server in servers * 3] == [EARLY, *[b""] * 5]
    assert sum(each.counters.early_taken for each in fleets) == 1
    assert sum(each.counters.early_refused for each in fleets) == 5


def test_many_threads_of_many_processes_take_it_once(
    fleets: list[Fleet], client: SSL.Context
) -> None:
    servers = [takes_early(fleet) for fleet in fleets]
    flight = recorded(servers[0], client)
    taken: list[bytes] = []
    start = threading.Barrier(8)

    def play(number: int) -> None:
        start.wait()
        taken.append(played(servers[number % 2], flight))

    threads = [threading.Thread(target=play, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [*[b""] * 7, EARLY]


def test_each_ticket_brings_its_own(fleets: list[Fleet], client: SSL.Context) -> None:
    one, other = (takes_early(fleet) for fleet in fleets)
    flights = [recorded(each, client) for each in (one, one, other)]
    assert [played(other, flight) for flight in flights] == [EARLY] * 3


def test_what_is_refused_comes_after_the_handshake(
    fleets: list[Fleet], client: SSL.Context
) -> None:
    """A client that uses a ticket twice is resumed, told, and sends its data again."""
    one, other = (takes_early(fleet) for fleet in fleets)
    session = early.session_of(one, client)
    for server, status in ((other, "accepted"), (one, "rejected"), (other, "rejected")):
        ends = pump.pair(server, client)
        ends.client.set_session(session)
        ends.client.write_early_data(EARLY)
        pump.shuttle(ends.client, ends.server)
        assert early.read_to_the_end(ends) == (EARLY if status == "accepted" else b"")
        early.finish(ends)
        assert early.statuses(ends) == [status] * 2
        assert ends.client.session_reused()


def test_secrets_that_are_changed_do_not_let_it_in_twice(
    store: object, client: SSL.Context
) -> None:
    with (
        Fleet(store, SECRET, **PATIENT) as one,  # type: ignore[arg-type]
        Fleet(store, ["a new secret of 16", SECRET], **PATIENT) as other,  # type: ignore[arg-type]
    ):
        flight = recorded(takes_early(one), client)
        assert [played(takes_early(each), flight) for each in (other, one)] == [EARLY, b""]


def test_sessions_of_the_store_bring_it_once(fleets: list[Fleet], client: SSL.Context) -> None:
    """Without tickets: the session is found again, and its early data is refused."""
    servers = [takes_early() for _ in fleets]
    for fleet, server in zip(fleets, servers, strict=True):
        server.set_options(SSL.OP_NO_TICKET)
        fleet.attach(server)
    session = early.session_of(servers[0], client)
    until(lambda: fleets[0].counters.session_puts >= 2)
    ends = pump.pair(servers[0], client)
    ends.client.set_session(session)
    ends.client.write_early_data(EARLY)
    flight = pump.outgoing(ends.client)
    assert [played(each, flight) for each in (servers[1], servers[0])] == [EARLY, b""]
    assert sum(each.counters.session_hits for each in fleets) == 2


# ---- what a program sets beside it


@pytest.mark.parametrize("level", ["context", "connection"])
def test_a_callback_of_the_programs_replaces_nothing(client: SSL.Context, level: str) -> None:
    """It is asked first, and what it allows is taken once all the same."""
    with Fleet("memory:", SECRET, **PATIENT) as fleet:
        server = takes_early(fleet)
        flight = recorded(server, client)
        allowed = False
        if level == "context":
            server.set_allow_early_data_callback(lambda _connection: allowed)
        else:
            server.set_client_hello_callback(
                lambda connection, *_: (
                    connection.set_allow_early_data_callback(lambda _connection: allowed) or True
                )
            )
        assert played(server, flight) == b""  # and its ticket is not used up
        allowed = True
        assert [played(server, flight) for _ in range(3)] == [EARLY, b"", b""]


@pytest.mark.parametrize("host", ["as it is", "allows", "ignores replays", "of the fleet"])
def test_a_host_that_is_chosen_takes_it_once(client: SSL.Context, host: str) -> None:
    """The tickets are those of the Context that was there first."""
    with Fleet("memory:", SECRET, **PATIENT) as fleet:
        front, chosen = takes_early(fleet), takes_early()
        if host == "allows":
            chosen.set_allow_early_data_callback(lambda _connection: True)
        elif host == "ignores replays":
            chosen.set_options(SSL.OP_NO_ANTI_REPLAY)
        elif host == "of the fleet":
            fleet.attach(chosen)
        front.set_tlsext_servername_callback(lambda connection: connection.set_context(chosen))
        flight = recorded(front, client, b"localhost")
        assert [played(front, flight) for _ in range(3)] == [EARLY, b"", b""]


def test_a_host_of_the_fleet_behind_a_front_that_is_not(client: SSL.Context) -> None:
    with Fleet("memory:", SECRET, **PATIENT) as fleet:
        front, chosen = takes_early(), takes_early(fleet)
        front.set_tlsext_servername_callback(lambda connection: connection.set_context(chosen))
        flight = recorded(front, client, b"localhost")
        assert [played(front, flight) for _ in range(3)].count(EARLY) <= 1


def test_sizes_that_are_set_late(client: SSL.Context) -> None:
    with Fleet("memory:", SECRET, **PATIENT) as fleet:
        server = contexts.server_context(version="TLSv1.3")
        server.set_session_id(b"fleet")
        fleet.attach(server)
        server.set_max_early_data(1000)
        flight = recorded(server, client)
        assert [played(server, flight) for _ in range(3)] == [EARLY, b"", b""]


def test_a_connection_that_was_there_before(client: SSL.Context) -> None:
    with Fleet("memory:", SECRET, **PATIENT) as fleet:
        server = takes_early()
        before = [SSL.Connection(server, None) for _ in range(2)]
        fleet.attach(server)
        flight = recorded(server, client)
        taken = []
        for end in before:
            end.set_accept_state()
            end.bio_write(flight)
            try:
                taken.append(end.read_early_data(1000))
            except SSL.WantReadError:
                taken.append(b"")
        taken.append(played(server, flight))
        assert taken.count(EARLY) <= 1


# ---- what is refused for other reasons


def test_a_ticket_of_a_revoked_key(fleets: list[Fleet], client: SSL.Context) -> None:
    one, other = (takes_early(fleet) for fleet in fleets)
    flight = recorded(one, client)
    epoch = fleets[0].revoke().epoch
    until(lambda: fleets[1].ring.epoch == epoch)
    until(lambda: played(other, recorded(one, client)) == EARLY)
    assert [played(each, flight) for each in (one, other)] == [b"", b""]


def test_a_stricter_host(fleets: list[Fleet], client: SSL.Context) -> None:
    one, other = (takes_early(fleet) for fleet in fleets)
    other.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
    assert played(other, recorded(one, client)) == b""


def test_another_host(fleets: list[Fleet], client: SSL.Context) -> None:
    """What was sent to one name is not taken for another."""
    one, other = (takes_early(fleet) for fleet in fleets)
    flight = recorded(one, client, b"localhost")
    assert flight.count(b"localhost") == 1
    with verdicts.protocol_error("binder does not verify"):
        played(other, flight.replace(b"localhost", b"localhose"))
    assert played(other, flight) == EARLY  # its ticket was not used up by that
    ends = pump.pair(other, client, resuming.NAME)
    ends.client.set_session(early.session_of(one, client, b"localhost"))
    with verdicts.protocol_error("early data needs a session"):
        ends.client.write_early_data(EARLY)


def test_a_key_that_was_shared_beforehand(client: SSL.Context, tmp_path: Path) -> None:
    """It is the same each time, so it says nothing of what has come before."""
    with Fleet("memory:", SECRET, **PATIENT) as fleet:
        server = takes_early(fleet)
        suite = b"TLS_AES_128_GCM_SHA256"  # a key without a digest is for these
        server.set_tls13_ciphersuites(suite)
        session = early.session_of(server, client)
        shared.serve(server, session.get_master_key())
        files = tmp_path / "session", tmp_path / "early"
        text = base64.encodebytes(session.to_bytes()).decode()
        begin, end = (f"-----{word} SSL SESSION PARAMETERS-----\n" for word in ("BEGIN", "END"))
        files[0].write_text(begin + text + end)
        files[1].write_bytes(EARLY)
        with sockets.listener() as listener:
            words = ["openssl", "s_client", "-connect", f"127.0.0.1:{listener.getsockname()[1]}"]
            words += ["-tls1_3", "-ciphersuites", suite.decode()]
            words += ["-psk_identity", shared.IDENTITY.decode()]
            words += ["-psk_session", str(files[0]), "-early_data", str(files[1])]
            with programs.running(*words) as program:
                sock, _address = listener.accept()
                with sockets.server_end(server, sock) as accepted:
                    taken = accepted.read_early_data(1000)
                    assert accepted.get_psk_identity() == shared.IDENTITY
                program.finish()
        assert taken == b""
