"""``connect``: one TLS connection, verified, and a report of it."""

from __future__ import annotations

import sys
from typing import Any

import click

from . import interactive, monitoring, pipe, report
from .console import is_terminal, output, print_json, warn
from .dial import Call, dial, redial, settle
from .failures import Failure
from .options import asked, client_options, keylog_file, reach_options
from .printable import printable
from .summary import resumption, summary

__all__ = ["ask_passphrase", "connect"]

EXAMPLES = """\b
Examples:
  brisktls connect example.com
  brisktls connect https://[::1]:8443/ --cafile ca.pem --servername localhost
  brisktls connect mail.example.com --starttls smtp --json
  brisktls connect example.com --warn-days 14 --resume
  brisktls connect mail.example.com --starttls imap --interactive
  printf 'GET / HTTP/1.0\\r\\n\\r\\n' | brisktls connect example.com --pipe
"""


@click.command(epilog=EXAMPLES)
@click.argument("target", metavar="HOST[:PORT]")
@reach_options
@client_options
@click.option("--keylog", metavar="FILE", help="Append the secrets  [default: SSLKEYLOGFILE].")
@click.option("--insecure", is_flag=True, help="Go on with a peer that cannot be verified.")
@click.option("--resume", is_flag=True, help="Connect again: does it resume, and take early data?")
@click.option(
    "--warn-days",
    type=click.IntRange(0, 100000),
    metavar="DAYS",
    help="Fail if a certificate has fewer days left.",
)
@click.option(
    "--nagios", is_flag=True, help="One line, and status 0 to 3, for Nagios and its like."
)
@click.option(
    "--crit-days",
    type=click.IntRange(0, 100000),
    default=3,
    show_default=True,
    metavar="DAYS",
    help="With --nagios: critical with fewer days; --warn-days is 14 there.",
)
@click.option("--showcerts", is_flag=True, help="Print the certificates in PEM form too.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--pipe", "piped", is_flag=True, help="Standard input to the peer and back.")
@click.option("--interactive", is_flag=True, help="Talk to the peer, line by line.")
@click.option("--half-close", is_flag=True, help="With --pipe: close_notify at the input's end.")
def connect(**options: Any) -> int:
    """Connect to HOST, verify it, and report what was negotiated.

    The chain, the host name and a stapled response are verified; a peer that
    fails is not talked to.  HOST may be a URL; PORT is 443 unless given, or the
    usual one of --starttls.  With --pipe there is no report: standard output
    carries the peer's bytes.
    """
    _consistent(options)
    if not options["nagios"]:
        return _connect(options)
    limits = (14 if options["warn_days"] is None else options["warn_days"], options["crit_days"])
    try:
        call = _dial(options)
        try:
            settle(call)
            status, line = monitoring.nagios_line(summary(call), *limits)
        finally:
            call.close()
    except Failure as failure:
        status, line = monitoring.nagios_failure(failure, *limits)
    click.echo(line)
    return status


def _connect(options: dict[str, Any]) -> int:
    call = _dial(options)
    try:
        if options["insecure"]:
            _say_what_was_not_checked(call)
        if options["piped"]:
            pipe.run(call, half_close=options["half_close"])
            return 0
        settle(call)
        data = summary(call, pem=options["showcerts"])
        if options["resume"]:
            if not options["interactive"]:
                call.hang_up()  # some servers serve one client after the other
            _resume(call, options["timeout"], data)
        if options["interactive"]:
            report.show(output(), data)
            interactive.run(call, _say_how_it_ends)
            return 0
    finally:
        call.close()
    failure = monitoring.expires_soon(data, options["warn_days"])
    if failure and options["as_json"]:
        failure.data = data
    elif options["as_json"]:
        print_json(data)
    else:
        report.show(output(), data)
    if failure:
        failure.line = f"{call.what}: {failure.line}"
        raise failure
    return 0


def _resume(call: Call, timeout: float, data: dict[str, Any]) -> None:
    again = redial(call, timeout)
    try:
        data["resumption"] = resumption(call, again)
        data["resumed"] = data["resumption"]["resumed"]
    finally:
        again.close()


def _say_how_it_ends() -> None:
    _say("Each line is sent with CR LF. Ctrl-D ends it, Ctrl-C at once.")


def _say(line: str) -> None:
    console = output()
    console.print()
    console.print(f"  {line}", style="dim")
    console.print()


def _consistent(options: dict[str, Any]) -> None:
    if options["piped"] and (options["as_json"] or options["showcerts"] or options["resume"]):
        raise click.UsageError("--pipe prints no report: leave out --json, --showcerts, --resume")
    if options["nagios"] and (options["as_json"] or options["piped"]):
        raise click.UsageError("--nagios prints one line: leave out --json and --pipe")
    if options["interactive"]:
        if options["as_json"] or options["piped"] or options["nagios"]:
            raise click.UsageError(
                "--interactive is for people: leave out --json, --pipe, --nagios"
            )
        if not interactive.possible():
            raise click.UsageError("--interactive needs a terminal; --pipe does not")
    if options["half_close"] and not options["piped"]:
        raise click.UsageError("--half-close is for --pipe")


def _dial(options: dict[str, Any]) -> Call:
    wanted = asked(options)
    return dial(
        wanted.target,
        wanted.settings,
        servername=wanted.servername,
        insecure=options["insecure"],
        protocol=wanted.protocol,
        keylog=keylog_file(options["keylog"]),
        timeout=wanted.timeout,
        ask_passphrase=ask_passphrase,
        route=wanted.route,
    )


def ask_passphrase(path: str) -> bytes:
    """Ask for a key's passphrase or PIN on the terminal; without one there is nobody to ask."""
    shown = printable(path)
    secret = "PIN" if path.startswith("pkcs11:") else "passphrase"
    if not is_terminal(sys.stderr) or sys.stdin is None or not sys.stdin.isatty():
        raise Failure("file", f"{shown} needs a {secret}, and there is no terminal to ask on")
    question = f"{secret[0].upper()}{secret[1:]} for {shown}"
    return str(click.prompt(question, hide_input=True, err=True)).encode()


def _say_what_was_not_checked(call: Call) -> None:
    warn("--insecure: neither the chain nor the host name was enforced;")
    warn("anybody between you and the peer can read and change what is sent.")
    for finding in call.verdict.findings:
        warn(f"would have failed: {finding.words}")
