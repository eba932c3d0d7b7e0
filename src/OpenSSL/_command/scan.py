"""``scan``: what a server supports, found out by asking for one thing at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from . import scan_report
from .connect import ask_passphrase
from .console import errors, output, print_json
from .failures import Failure
from .options import Asked, asked, reach_options, scan_options
from .scan_offers import Offers, offers
from .scan_outcome import FAILED, Offer
from .scan_probes import Prober
from .scan_suites import VersionFound, find_version
from .scan_summary import Findings, summary
from .scan_traits import alpn, groups, renegotiation, resumption, signatures

__all__ = ["scan"]

EXAMPLES = """\b
Examples:
  brisktls scan example.com
  brisktls scan mail.example.com --starttls smtp --json
  brisktls scan example.com --parallel 1 --delay 0.5
"""

_PROTOCOLS = ("h2", "http/1.1", "http/1.0")
#: What is asked for after STARTTLS, by the registry of ALPN.
_PROTOCOLS_AFTER = {
    "imap": "imap",
    "pop3": "pop3",
    "ftp": "ftp",
    "nntp": "nntp",
    "sieve": "managesieve",
    "xmpp": "xmpp-client",
    "postgres": "postgresql",
}


@click.command(epilog=EXAMPLES)
@click.argument("target", metavar="HOST[:PORT]")
@reach_options
@scan_options
@click.option(
    "--parallel",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    metavar="NUMBER",
    help="Connections at a time.",
)
@click.option(
    "--delay",
    type=click.FloatRange(min=0, max=3600),
    default=0.0,
    show_default=True,
    metavar="SECONDS",
    help="From the start of one connection to the next.",
)
@click.option(
    "--limit",
    type=click.FloatRange(min=0, min_open=True, max=86400),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="Ask nothing more after this.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def scan(**options: Any) -> int:
    """Find out what HOST supports: versions, cipher suites, groups and more.

    Each question is a connection of its own, a hundred or so in all.  No data is
    sent, but an empty line to a server that takes early data.  Questions that need
    another libssl are told as not tried.  Certificates are judged, as by connect, but
    a bad one does not end the scan.
    """
    wanted = asked(options)
    prober = Prober(
        wanted,
        ask_passphrase,
        parallel=options["parallel"],
        delay=options["delay"],
        seconds=options["limit"],
    )
    scanning = _Scan(prober, offers(datagrams=wanted.settings.datagrams), options["parallel"])
    start = time.monotonic()
    findings = scanning.run()
    data = summary(findings, round(time.monotonic() - start, 3))
    failure = _failure(findings)
    if failure:
        failure.data = data
    if not options["as_json"]:
        scan_report.show(output(), data)
    elif not failure:
        print_json(data)
    if failure:
        raise failure
    return 0


def _failure(findings: Findings) -> Failure | None:
    """Return how a scan failed that did not come to its end, or found nothing."""
    prober, what = findings.prober, str(findings.prober.asked.target)
    if prober.stopped:
        kind = prober.last_failure.kind if prober.last_failure else "timeout"
        return Failure(kind, f"{what}: the scan is not complete: {prober.stopped}")
    if not any(each.accepted for each in findings.versions):
        kinds = {each.first.kind for each in findings.versions}
        if len(kinds) == 1:
            return Failure(kinds.pop() or "tls", f"{what}: {findings.versions[0].first.words}")
        line = f"{what}: no protocol version in common with this libssl"
        return Failure("no-common-protocol", line)
    return None


@dataclass
class _Scan:
    """All questions to one server, some of them at a time."""

    prober: Prober
    offers: Offers
    parallel: int
    progress: Progress = field(init=False)

    def run(self) -> Findings:
        findings = Findings(self.prober, self.offers)
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[connections]} connections"),
            TimeElapsedColumn(),
            console=errors(),
            transient=True,
            disable=not errors().is_terminal,
        )
        pool = ThreadPoolExecutor(self.parallel, "scan")
        with self.progress:
            try:
                self._ask(findings, pool)
            except BaseException:
                self.prober.abandon()
                pool.shutdown(cancel_futures=True)
                raise
            pool.shutdown()
        return findings

    def _ask(self, findings: Findings, pool: ThreadPoolExecutor) -> None:
        # Anything at all, so that a wrong address costs one connection.
        first = self.prober.ask(Offer())
        if first.outcome == FAILED:
            last = self.prober.last_failure
            raise Failure(first.kind or "network", last.line if last else first.words)
        if first.kind == "not-tls":
            raise Failure("not-tls", f"{self.prober.asked.target}: {first.words}")
        offered = self.offers
        versions: dict[Any, Callable[[], Any]] = {
            each: partial(find_version, self.prober, offered, each) for each in offered.versions
        }
        findings.versions = list(self._all("versions and suites", pool, versions).values())
        found = [each for each in findings.versions if each.accepted]
        answers = self._all("other traits", pool, self._questions(found))
        for (name, _), some in answers.items():
            findings.answers.setdefault(name, []).extend(some)

    def _questions(self, found: list[VersionFound]) -> dict[Any, Callable[[], Any]]:
        prober, offered = self.prober, self.offers
        modern = [each for each in found if each.version in ("1.3", "1.2")]
        older = [each for each in found if each.version != "1.3"][:1]
        sessions = [each for each in found if each.version == "1.3"] + older
        names = _protocols(prober.asked)
        questions: dict[Any, Callable[[], Any]] = {}
        for each in modern:
            questions["groups", each.version] = partial(groups, prober, offered, each)
            questions["signatures", each.version] = partial(signatures, prober, offered, each)
        for each in found[:1]:
            questions["alpn", each.version] = partial(alpn, prober, each, names)
        for each in sessions:
            questions["resumption", each.version] = partial(resumption, prober, each)
        for each in older:
            questions["renegotiation", each.version] = partial(renegotiation, prober, each)
        return questions

    def _all(
        self, words: str, pool: ThreadPoolExecutor, questions: dict[Any, Callable[[], Any]]
    ) -> dict[Any, Any]:
        task = self.progress.add_task(words, total=len(questions), connections=0)
        before = self.prober.connections
        self.prober.on_connection = lambda number: self.progress.update(
            task, connections=number - before
        )
        futures = {key: pool.submit(each) for key, each in questions.items()}
        for _ in as_completed(futures.values()):
            self.progress.advance(task)
        return {key: each.result() for key, each in futures.items()}


def _protocols(wanted: Asked) -> tuple[str, ...]:
    usual: tuple[str, ...] = _PROTOCOLS
    if wanted.protocol:
        after = _PROTOCOLS_AFTER.get(wanted.protocol)
        usual = (after,) if after else ()
    return tuple(dict.fromkeys((*wanted.settings.alpn, *usual)))
