"""Stores of several real servers: a cluster with replicas, and a primary with a sentinel."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import valkey
from fleet.conftest import PASSWORD

from kit import authority, contexts
from kit.fleets import until
from kit.ports import free_port, reachable
from kit.programs import Program, need, running
from OpenSSL.fleet import Valkey
from OpenSSL.fleet.valkey import SHARDS

SENTINEL_PASSWORD = "what the sentinels want"
SERVICE = "service"


@dataclasses.dataclass
class Servers:
    """Where they are, by port, and how a store of them is named."""

    url: str
    tls: bool
    programs: dict[int, Program]
    shards: int

    def store(self) -> Valkey:
        """Another client of it."""
        context = contexts.client_context() if self.tls else None
        return Valkey(self.url, context=context, timeout=5)

    def grow_up(self) -> None:
        """Let all parts have been there for ever."""
        store = self.store()
        for shard in range(self.shards):
            name = b"brisktls:{%x}since" % shard
            until(lambda name=name: store._ask("GET", name))
            mark = bytes(store._ask("GET", name)).split(b" ", 1)[1]
            store._ask("SET", name, b"0.0 " + mark)
        store.close()

    def kill(self, port: int) -> None:
        self.programs[port].signal(signal.SIGKILL)

    def kill_all(self) -> None:
        for port in self.programs:
            self.kill(port)


def words(port: int, folder: Path, tls: bool, password: str = PASSWORD) -> list[str]:
    """How a server of any kind is begun."""
    files, client = authority.identity().files, authority.client_identity().files
    told = [need("redis-server")]
    told += ["--port", "0", "--tls-port", str(port)] if tls else ["--port", str(port)]
    if tls:
        told += ["--tls-auth-clients", "no", "--tls-replication", "yes", "--tls-cluster", "yes"]
        told += ["--tls-cert-file", str(files.chain), "--tls-key-file", str(files.key)]
        # To each other they are clients, which have to be known.
        told += ["--tls-client-cert-file", str(client.chain)]
        told += ["--tls-client-key-file", str(client.key)]
        told += ["--tls-ca-cert-file", str(files.authority)]
    told += ["--bind", "127.0.0.1", "--requirepass", password, "--dir", str(folder)]
    return [*told, "--daemonize", "no"]


def asked(port: int, tls: bool, password: str = PASSWORD) -> valkey.Valkey:
    """The library's own client of one server."""
    return valkey.Valkey(
        port=port, password=password, ssl=tls, ssl_ca_certs=str(authority.trust_file())
    )


def node_words(port: int, bus: int, folder: Path, tls: bool) -> list[str]:
    return [
        *words(port, folder, tls),
        *("--masterauth", PASSWORD, "--save", "", "--cluster-enabled", "yes"),
        *("--cluster-port", str(bus), "--cluster-config-file", f"{port}.conf"),
        *("--cluster-node-timeout", "1000", "--cluster-replica-validity-factor", "0"),
    ]


@contextlib.contextmanager
def cluster(folder: Path, *, tls: bool = False) -> Iterator[Servers]:
    """Three primaries, each with a replica."""
    ports = [(free_port(), free_port()) for _ in range(6)]
    with contextlib.ExitStack() as stack:
        programs = {
            port: stack.enter_context(running(*node_words(port, bus, folder, tls)))
            for port, bus in ports
        }
        nodes = []
        for port, _ in ports:
            reachable(port)
            nodes.append(stack.enter_context(asked(port, tls)))
        for node, (first, last) in zip(
            nodes, [(0, 5460), (5461, 10922), (10923, 16383)], strict=False
        ):
            node.execute_command("CLUSTER ADDSLOTSRANGE", first, last)
        for node in nodes[1:]:
            node.execute_command("CLUSTER MEET", "127.0.0.1", *ports[0])
        # All know all, before some follow others.
        until(lambda: all(len(node.execute_command("CLUSTER NODES")) == 6 for node in nodes))
        for primary, replica in zip(nodes, nodes[3:], strict=False):
            name = primary.execute_command("CLUSTER MYID")
            replica.execute_command("CLUSTER REPLICATE", name)
        until(lambda: all(is_whole(node) for node in nodes))
        scheme = "valkeys" if tls else "valkey"
        url = f"{scheme}+cluster://:{quote(PASSWORD)}@127.0.0.1:{ports[0][0]}"
        yield Servers(url, tls, programs, SHARDS)


def is_whole(node: valkey.Valkey) -> bool:
    """Whether a node sees every slot served, and a replica that is in step."""
    if node.execute_command("CLUSTER INFO")["cluster_state"] != "ok":
        return False
    told = node.info("replication")
    if told["role"] == "slave":
        return told["master_link_status"] == "up"
    return told["connected_slaves"] == 1


@contextlib.contextmanager
def begun_again(servers: Servers, folder: Path) -> Iterator[None]:
    """The nodes of a cluster that were killed, with what they had on the disk: who is who."""
    with contextlib.ExitStack() as stack:
        for port in servers.programs:
            written = (folder / f"{port}.conf").read_text()
            bus = next(line for line in written.splitlines() if "myself" in line)
            bus = bus.split("@")[1].split(",")[0].split()[0]
            stack.enter_context(running(*node_words(port, int(bus), folder, servers.tls)))
        for port in servers.programs:
            reachable(port)
        yield


@contextlib.contextmanager
def sentinels(folder: Path, *, tls: bool = False) -> Iterator[Servers]:
    """A primary, its replica and one sentinel that wants a password of its own."""
    primary, replica, sentinel = free_port(), free_port(), free_port()
    settings = folder / "sentinel.conf"
    settings.write_text(
        f"sentinel monitor {SERVICE} 127.0.0.1 {primary} 1\n"
        f'sentinel auth-pass {SERVICE} "{PASSWORD}"\n'
        f"sentinel down-after-milliseconds {SERVICE} 1000\n"
        f"sentinel failover-timeout {SERVICE} 3000\n"
    )
    with contextlib.ExitStack() as stack:
        programs = {}
        for port, more in ((primary, []), (replica, ["--replicaof", "127.0.0.1", str(primary)])):
            told = [*words(port, folder, tls), "--masterauth", PASSWORD, "--save", "", *more]
            told += ["--dbfilename", f"{port}.rdb", "--repl-diskless-sync-delay", "0"]
            programs[port] = stack.enter_context(running(*told))
            reachable(port)
        program, *told = words(sentinel, folder, tls, SENTINEL_PASSWORD)
        stack.enter_context(running(program, str(settings), *told, "--sentinel"))
        reachable(sentinel)
        node = stack.enter_context(asked(sentinel, tls, SENTINEL_PASSWORD))
        until(lambda: node.sentinel_slaves(SERVICE) and is_in_step(node.sentinel_slaves(SERVICE)))
        scheme = "valkeys" if tls else "valkey"
        url = (
            f"{scheme}+sentinel://:{quote(PASSWORD)}@127.0.0.1:{sentinel}/{SERVICE}"
            f"?sentinel_password={quote(SENTINEL_PASSWORD)}"
        )
        yield Servers(url, tls, programs, 1)


def is_in_step(replicas: list[dict[str, object]]) -> bool:
    return all(each["master-link-status"] == "ok" for each in replicas)
