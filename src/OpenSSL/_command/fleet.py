"""``fleet``: the ticket keys that processes share, for the person who runs them."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from . import files, fleet_bench
from .console import output, print_json
from .failures import Failure
from .fleet_report import describe, describe_process, print_processes, print_ring, share
from .printable import printable

if TYPE_CHECKING:
    from OpenSSL.fleet import Report, SessionStore, TicketKeys
    from OpenSSL.fleet.keeper import Keeper

__all__ = ["fleet"]

EXAMPLES = """\b
Examples:
  brisktls fleet init valkeys://:password@host:6379 --secret-file secret
  brisktls fleet status /run/service/keys --secret-file secret
  brisktls fleet status /run/service/keys --secret-file secret --openmetrics
  brisktls fleet rotate /run/service/keys --secret-file secret
"""


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.argument("where", metavar="STORE"),
            click.option(
                "--secret-file",
                required=True,
                metavar="FILE",
                envvar="BRISKTLS_FLEET_SECRET_FILE",
                show_envvar=True,
                help="The fleet's secrets, one in a line; the first one writes.",
            ),
            click.option("--name", default="default", show_default=True, help="Which fleet."),
            click.option("--json", "as_json", is_flag=True, help="Print it as JSON."),
        )
    ):
        command = option(command)
    return command


@click.group(epilog=EXAMPLES)
def fleet() -> None:
    """Look after the ticket keys that many processes share.

    STORE is what the processes were given: the path of a file, or the address of a
    Valkey or Redis.  Keys are named and dated, never shown.
    """


@fleet.command()
@_options
def init(where: str, secret_file: str, name: str, as_json: bool) -> None:
    """Make the secret and the first key, if they are not there."""
    made = _make_secret(secret_file)
    keeper = _Keeping(where, secret_file, name)
    ring = keeper.ask(lambda each: each.refresh(time.time()))
    _tell_ring(ring, as_json, [f"a new secret is in {printable(secret_file)}"] if made else [])


@fleet.command()
@_options
@click.option(
    "--openmetrics", is_flag=True, help="Print it as OpenMetrics text, for a monitor to collect."
)
def status(where: str, secret_file: str, name: str, as_json: bool, openmetrics: bool) -> None:
    """Show keys, ages, hosts and how many sessions were resumed."""
    if as_json and openmetrics:
        raise Failure("usage", "--json and --openmetrics are two forms of the same; take one")
    keeping = _Keeping(where, secret_file, name)
    ring = keeping.ask(lambda each: each.look())
    if ring is None:
        raise keeping.missing()
    reports = keeping.reports()
    if openmetrics:
        from OpenSSL.fleet.openmetrics import fleet_text

        print(fleet_text(ring, reports, time.time()), end="", flush=True)
        return
    data = {**describe(ring), "processes": [describe_process(each, ring) for each in reports]}
    data["resumed_share"] = share(reports)
    if as_json:
        print_json(data)
        return
    print_ring(data)
    print_processes(data)


@fleet.command()
@_options
def rotate(where: str, secret_file: str, name: str, as_json: bool) -> None:
    """Add a key now; it encrypts as soon as every process knows it."""
    keeping = _Keeping(where, secret_file, name)
    keeping.need()
    ring = keeping.ask(
        lambda each: each.change(lambda ring, now: ring.rotated(now, at_once=True), time.time())
    )
    _tell_ring(ring, as_json, [])


@fleet.command()
@_options
@click.option("--yes", is_flag=True, help="Do not ask.")
def revoke(where: str, secret_file: str, name: str, as_json: bool, yes: bool) -> None:
    """Replace all keys: no ticket made before is accepted any more.

    Every client that comes back pays for one full handshake.
    """
    keeping = _Keeping(where, secret_file, name)
    keeping.need_entry()
    if not yes:
        click.confirm("Revoke all tickets of this fleet?", abort=True, err=True)
    ring = keeping.ask(
        lambda each: each.change(lambda ring, now: ring.revoked(now), time.time(), replace=True)
    )
    _tell_ring(ring, as_json, [])


@fleet.command()
@_options
@click.option(
    "--count", type=click.IntRange(1, 1_000_000), default=500, show_default=True, help="Of each."
)
def bench(where: str, secret_file: str, name: str, as_json: bool, count: int) -> None:
    """Measure the store, and handshakes with keys of their own.

    Nothing of the fleet is touched: the entries have another name, and are removed.
    """
    keeping = _Keeping(where, secret_file, name)
    rows = keeping.guarded(lambda: fleet_bench.measure(keeping.store, count))
    if as_json:
        print_json(rows)
        return
    table = Table("what", "median", "99 %", box=None, pad_edge=False)
    for what, row in rows.items():
        table.add_row(what, f"{row['median_us']:.0f} us", f"{row['p99_us']:.0f} us")
    output().print(table)


class _Keeping:
    """A store and the secrets to read it with; failures become lines for a person."""

    def __init__(self, where: str, secret_file: str, name: str) -> None:
        try:
            from OpenSSL.fleet.counters import Counters
            from OpenSSL.fleet.keeper import Keeper
            from OpenSSL.fleet.open import open_store
            from OpenSSL.fleet.reports import Roster
        except ModuleNotFoundError as error:
            raise Failure("usage", str(error)) from error
        lines = [line.strip() for line in files.read(secret_file).splitlines()]
        phrases = [line for line in lines if line]
        self.name = name
        try:
            self.store: SessionStore = self.guarded(lambda: open_store(where))
            self.keeper: Keeper = Keeper(
                self.store, phrases, Counters(), name=f"ring:{name}".encode()
            )
            self.roster = Roster(self.store, phrases, name)
        except ValueError as error:
            raise Failure("usage", printable(str(error))) from error

    def guarded(self, step: Callable[[], Any]) -> Any:
        from OpenSSL.fleet import SealError, StoreError

        try:
            return step()
        except SealError as error:
            raise Failure("file", printable(f"the ticket keys: {error}")) from error
        except ModuleNotFoundError as error:
            raise Failure("usage", str(error)) from error
        except (StoreError, OSError, RuntimeError) as error:
            raise Failure("network", printable(f"the store: {error}")) from error

    def ask(self, step: Callable[[Keeper], Any]) -> Any:
        return self.guarded(lambda: step(self.keeper))

    def need(self) -> None:
        """Fail where there is no ring: a wrong name must not make a new fleet."""
        self.need_entry()
        self.ask(lambda each: each.look())

    def need_entry(self) -> None:
        """The same, where it may be one that cannot be opened."""
        if self.ask(lambda each: self.store.get(each.name)) is None:
            raise self.missing()

    def missing(self) -> Failure:
        words = f"no ticket keys of the fleet {printable(self.name)!r} are there"
        return Failure("file", words)

    def reports(self) -> list[Report]:
        found: list[Report] = self.guarded(self.roster.read)
        return found


def _make_secret(path: str) -> bool:
    """Write a new secret to *path* unless something is there; whether it was written."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        file = os.open(path, flags, 0o600)
    except FileExistsError:
        return False
    except OSError as error:
        raise Failure("file", f"cannot write {printable(path)}: {error.strerror}") from error
    with os.fdopen(file, "w") as opened:
        opened.write(secrets.token_urlsafe(32) + "\n")
    return True


def _tell_ring(ring: TicketKeys, as_json: bool, remarks: list[str]) -> None:
    if as_json:
        print_json(describe(ring))
        return
    for remark in remarks:
        output().print(remark, soft_wrap=True)
    print_ring(describe(ring))
