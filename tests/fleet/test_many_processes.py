"""Eight processes behind one port, keys that change every second, and a store that fails."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fleet.conftest import PASSWORD, store_server
from fleet.worker import PATIENCE, POLICY, REFRESH

from kit import authority, contexts
from kit.fleets import SECRET, until
from kit.ports import free_port
from kit.programs import Program, need, running
from OpenSSL import SSL
from OpenSSL.fleet import Fleet
from OpenSSL.fleet.limits import LIMIT

HERE = Path(__file__).parent
PROCESSES = 8

pytestmark = pytest.mark.skipif(
    not hasattr(socket, "SO_REUSEPORT"), reason="no SO_REUSEPORT on this platform"
)


def url_of(port: int, host: str = "127.0.0.1") -> str:
    return f"valkey://:{quote(PASSWORD)}@{host}:{port}"


@contextlib.contextmanager
def worker(address: str, port: int, store: str, *inside: str, kind: str = "") -> Iterator[Program]:
    files = authority.identity().files
    words = [sys.executable, str(HERE / "worker.py"), address, str(port), store]
    words += [str(files.chain), str(files.key), kind]
    with running(*inside, *words) as program:
        yield program


def all_ready(workers: list[Program]) -> list[Program]:
    """They begin side by side."""
    for each in workers:
        each.expect("^ready$", 100)
    return workers


@pytest.fixture
def python_path(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(HERE.parent))


@contextlib.contextmanager
def processes(folder: Path, kind: str = "") -> Iterator[Any]:
    """A store's port, the port of eight processes, and these."""
    store, port = free_port(), free_port()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(contextlib.ExitStack())
        running_store = server.enter_context(store_server(store, folder))
        workers = all_ready(
            [
                stack.enter_context(worker("127.0.0.1", port, url_of(store), kind=kind))
                for _ in range(PROCESSES)
            ]
        )
        yield store, port, workers, running_store, server


@pytest.fixture
def fleet(tmp_path, python_path):
    with processes(tmp_path) as made:
        yield made


def visit(
    context: SSL.Context, address: str, port: int, session: SSL.Session | None
) -> tuple[str, str, SSL.Session | None]:
    """How a client was let in, by which process, and the session it takes along."""
    sock = socket.create_connection((address, port), 20)
    with SSL.Connection(context, sock) as connection:
        connection.set_host("localhost")
        connection.set_connect_state()
        if session is not None:
            connection.set_session(session)
        connection.do_handshake()
        how, process = connection.recv(100).decode().split()
        return how, process, connection.get_session()


class Clients:
    """Clients that come back again and again, each with the session of its last visit."""

    def __init__(self, port: int, count: int = 4, *addresses: str) -> None:
        self.addresses, self.port = addresses or ("127.0.0.1",), port
        self.taken: list[float] = []  # seconds of each visit
        self.pause = 0.002  # seconds between visits
        self.outcomes: Counter[str] = Counter()
        self.processes: set[str] = set()
        self.failures: list[str] = []
        self.first = 0
        self._over = threading.Event()
        self._context = contexts.client_context()
        self._threads = [threading.Thread(target=self._come) for _ in range(count)]

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _come(self) -> None:
        session = None
        while not self._over.is_set():
            try:
                start = time.monotonic()
                address = random.choice(self.addresses)
                how, process, session = visit(self._context, address, self.port, session)
                self.taken.append(time.monotonic() - start)
            except (SSL.Error, OSError, ValueError) as error:
                self.failures.append(repr(error))
                continue
            self.outcomes[how] += 1
            self.processes.add(process)
            # A busy machine with a few requests a second would prove nothing either.
            time.sleep(self.pause)

    @property
    def visits(self) -> int:
        return sum(self.outcomes.values())

    @property
    def share(self) -> float:
        return self.outcomes["resumed"] / self.visits


def visits_more(clients: Clients, count: int) -> float:
    """Wait for so many visits; how long 99 of 100 of them took at most, in seconds."""
    seen = len(clients.taken)
    until(lambda: len(clients.taken) >= seen + count)
    taken = sorted(clients.taken[seen:])
    return taken[len(taken) * 99 // 100]


def in_time(clients: Clients, usual: float, limit: float = PATIENCE) -> None:
    """Check that 99 of 100 visits keep within `limit` and twice what they took before.

    On a machine where others work too a second and a third look decide.
    """
    looks: list[float] = []
    while not looks or looks[-1] > limit + 2 * usual:
        assert len(looks) < 3, (looks, usual)
        looks.append(visits_more(clients, 400))


def ring_version(store: int) -> int:
    """The version of the ring that is in the store."""
    with Fleet(url_of(store), SECRET, policy=POLICY, refresh=REFRESH) as watcher:
        return watcher.ring.version


def test_twenty_rotations_under_load_cost_nobody_a_session(fleet):
    store, port, workers, _, _ = fleet
    first = ring_version(store)
    with Clients(port) as clients:
        deadline = time.monotonic() + 90
        while ring_version(store) < first + 20:
            assert time.monotonic() < deadline
            time.sleep(0.5)
        until(lambda: clients.visits > 800)
    assert clients.failures == []
    assert clients.share >= 0.99, clients.outcomes
    assert len(clients.processes) == PROCESSES
    assert not any("failed" in each.output for each in workers)


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_an_outage_of_the_store_fails_nobody(fleet, how, tmp_path):
    store, port, workers, running_store, server = fleet
    with Clients(port) as clients:
        until(lambda: clients.visits > 100)
        usual = visits_more(clients, 300)
        running_store.signal(signal.SIGKILL if how == "killed" else signal.SIGSTOP)
        time.sleep(3)
        in_time(clients, usual, LIMIT)  # with tickets nobody waits for the store
        if how == "killed":
            server.close()
            server.enter_context(store_server(store, tmp_path))  # which has forgotten all
        else:
            running_store.signal(signal.SIGCONT)
        healed = ring_version(store)
        until(lambda: ring_version(store) > healed)  # keys are changed again
        seen, resumed = clients.visits, clients.outcomes["resumed"]
        until(lambda: clients.visits > seen + 400)
        assert clients.outcomes["resumed"] - resumed >= 0.95 * (clients.visits - seen)
    assert clients.failures == []
    assert not any("failed" in each.output for each in workers)


def test_a_revocation_reaches_every_process(fleet):
    store, port, _, _, _ = fleet
    context = contexts.client_context()
    sessions = [visit(context, "127.0.0.1", port, None)[2] for _ in range(5)]
    with Fleet(url_of(store), SECRET, policy=POLICY, refresh=REFRESH) as operator:
        operator.revoke()
        time.sleep(10 * REFRESH)
    asked = set()
    deadline = time.monotonic() + 60
    while len(asked) < PROCESSES:
        assert time.monotonic() < deadline, asked
        for session in sessions:
            how, process, _ = visit(context, "127.0.0.1", port, session)
            assert how == "full"
            asked.add(process)


def test_the_standard_module_comes_back(fleet):
    _, port, _, _, _ = fleet
    context = ssl.create_default_context(cafile=authority.trust_file())
    session, outcomes = None, Counter()
    for _ in range(60):
        sock = socket.create_connection(("127.0.0.1", port), 20)
        with context.wrap_socket(sock, server_hostname="localhost", session=session) as tls:
            outcomes[tls.recv(100).decode().split()[0]] += 1
            session = tls.session
    assert outcomes == {"full": 1, "resumed": 59}


def test_the_openssl_program_comes_back(fleet, tmp_path):
    _, port, _, _, _ = fleet
    openssl = need("openssl")
    kept = tmp_path / "session"
    outcomes = Counter()
    for _ in range(20):
        words = [openssl, "s_client", "-connect", f"127.0.0.1:{port}", "-sess_out", str(kept)]
        words += ["-CAfile", str(authority.trust_file()), "-ign_eof"]
        words += ["-sess_in", str(kept)] if kept.exists() else []
        done = subprocess.run(
            words, input=b"", capture_output=True, timeout=30, check=False
        ).stdout.decode()
        outcomes["resumed" if "\nresumed " in done else "full"] += 1
    assert outcomes == {"full": 1, "resumed": 19}


def test_the_openssl_program_reconnects(fleet):
    """Five times, with the session that it has, each time to another process perhaps."""
    _, port, _, _, _ = fleet
    words = [need("openssl"), "s_client", "-connect", f"127.0.0.1:{port}", "-reconnect", "-tls1_2"]
    words += ["-CAfile", str(authority.trust_file())]
    done = subprocess.run(words, input=b"", capture_output=True, timeout=60, check=False)
    told = re.findall(r"^(New|Reused), TLSv1.2", done.stdout.decode(), re.MULTILINE)
    assert told == ["New", *["Reused"] * 5]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_curl_comes_back(tmp_path, python_path, version):
    """The same address twenty times, a connection each: the server hangs up after its page."""
    with processes(tmp_path, "web") as (_, port, _, _, _):
        words = [need("curl"), "--silent", "--cacert", str(authority.trust_file())]
        words += [f"--tlsv{version}", "--tls-max", version]
        words += [f"https://localhost:{port}/"] * 20
        done = subprocess.run(words, capture_output=True, timeout=60, check=False, text=True)
    outcomes = Counter(line.split()[0] for line in done.stdout.splitlines())
    assert outcomes == {"full": 1, "resumed": 19}, done


def test_without_tickets_sessions_are_found_in_the_store(tmp_path, python_path):
    with processes(tmp_path, "stateful") as (_store, port, workers, running_store, _server):
        with Clients(port) as clients:
            until(lambda: clients.visits > 800)
        assert clients.failures == []
        assert clients.share >= 0.98, clients.outcomes
        assert len(clients.processes) == PROCESSES
        running_store.signal(signal.SIGKILL)
        with Clients(port, count=2) as clients:
            until(lambda: clients.visits > 100)  # in full
        assert clients.failures == []
        assert not any("failed" in each.output for each in workers)


def resumes(one: str, other: str) -> bool:
    """Whether a session of one host is resumed by another."""
    context = contexts.client_context()
    session = visit(context, one, 8443, None)[2]
    return visit(context, other, 8443, session)[0] == "resumed"


def ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], check=False, capture_output=True, text=True)
    assert done.returncode == 0, (words, done.stderr)


@contextlib.contextmanager
def host(name: str, number: int) -> Iterator[tuple[str, str]]:
    """A host of its own, a network namespace: its address, and the store's as it sees it."""
    ours, theirs, store = (f"10.83.{number}.{last}" for last in (1, 2, 129))
    ip("netns", "add", name)
    try:
        ip("link", "add", f"{name}a", "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("addr", "add", f"{ours}/30", "dev", f"{name}a")
        ip("addr", "add", f"{store}/32", "dev", f"{name}a")
        ip("link", "set", f"{name}a", "up")
        ip("-n", name, "addr", "add", f"{theirs}/30", "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")
        ip("-n", name, "link", "set", "lo", "up")
        ip("-n", name, "route", "add", "default", "via", ours)
        yield theirs, store
    finally:
        # At once: with its namespace the link goes later, and the next test has the same name.
        for each in (("link", "del", f"{name}a"), ("netns", "del", name)):
            subprocess.run(["ip", *each], check=False, capture_output=True)


def namespaces_are_there() -> bool:
    if shutil.which("ip") is None or os.geteuid() != 0:
        return False
    made = subprocess.run(["ip", "netns", "add", "brisk-try"], check=False, capture_output=True)
    subprocess.run(["ip", "netns", "del", "brisk-try"], check=False, capture_output=True)
    return made.returncode == 0


def test_eight_hosts_through_twenty_rotations(tmp_path, python_path):
    if not namespaces_are_there():
        pytest.skip("network namespaces need root and iproute2: apt-get install iproute2")
    port, names = free_port(), [f"brisk{os.getpid()}{letter}" for letter in "abcdefgh"]
    with contextlib.ExitStack() as stack:
        hosts = [stack.enter_context(host(name, at)) for at, name in enumerate(names, 1)]
        stack.enter_context(store_server(port, tmp_path, address="0.0.0.0"))
        workers = all_ready(
            [
                stack.enter_context(
                    worker(address, 8443, url_of(port, store), "ip", "netns", "exec", name)
                )
                for name, (address, store) in zip(names, hosts, strict=True)
            ]
        )
        first = ring_version(port)
        with Clients(8443, 4, *(address for address, _ in hosts)) as clients:
            until(lambda: ring_version(port) >= first + 20)
            until(lambda: clients.visits > 800)
        assert clients.failures == []
        assert clients.share >= 0.99, clients.outcomes
        assert len(clients.processes) == len(names)
        assert not any("failed" in each.output for each in workers)


def test_a_host_that_is_cut_off_goes_on_and_comes_back(tmp_path, python_path):
    if not namespaces_are_there():
        pytest.skip("network namespaces need root and iproute2: apt-get install iproute2")
    port, names = free_port(), [f"brisk{os.getpid()}{letter}" for letter in "ab"]
    with contextlib.ExitStack() as stack:
        hosts = [stack.enter_context(host(name, at)) for at, name in enumerate(names, 1)]
        stack.enter_context(store_server(port, tmp_path, address="0.0.0.0"))
        for name, (address, store) in zip(names, hosts, strict=True):
            inside = ("ip", "netns", "exec", name)
            all_ready([stack.enter_context(worker(address, 8443, url_of(port, store), *inside))])
        near, far = (address for address, _ in hosts)
        until(lambda: resumes(near, far))
        # The second host loses the store, and nothing but the store.
        ip("-n", names[1], "route", "add", "blackhole", hosts[1][1])
        with Clients(8443, 1, far) as clients:
            seen = ring_version(port)
            until(lambda: ring_version(port) > seen + 3)  # the first one goes on alone
            until(lambda: clients.visits > 50)
            assert clients.share > 0.9  # by the keys it had
            ip("-n", names[1], "route", "del", "blackhole", hosts[1][1])
            until(lambda: resumes(near, far))
        assert clients.failures == []
