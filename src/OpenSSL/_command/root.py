"""The command group, and the one place where failures become exit statuses."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from typing import Any

import click
from rich.text import Text

from OpenSSL.version import __distribution_version__

from .certificates import certificates
from .completion import completion
from .connect import connect
from .console import complain, print_json
from .demo import demo
from .failures import Failure, table
from .fleet import fleet
from .outlet import OutputError, guarded_output
from .printable import printable
from .scan import scan
from .serve import serve
from .show import show
from .stand_in import stand_in
from .staple import staple
from .versions import version

__all__ = ["root", "run"]

EPILOG = f"""\b
Start here:
  brisktls demo                   see it work, without any network
  brisktls connect example.com    look at a server
  brisktls scan example.com       find out what a server supports
  brisktls show FILE              look into a file of certificates
  brisktls serve                  be a server, on https://localhost:8443/
  brisktls COMMAND --help         every option, with examples

\b
Exit statuses:
{table()}

\b
NO_COLOR=1 turns colours off; they are off anyway where there is no terminal.
"""


class _Group(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            # click would end with status 1; sockets' errors never get this far.
            raise Failure("broken-pipe", "") from error


@click.group(
    cls=_Group,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.version_option(__distribution_version__, prog_name="brisktls")
def root() -> None:
    """TLS from the command line, over the OpenSSL of this machine."""


for _command in (
    *(demo, connect, scan, serve, show, certificates, staple, fleet, stand_in, completion),
    version,
):
    root.add_command(_command)


def run(arguments: list[str]) -> int:
    """Run the command line *arguments* and return the exit status; never raises."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a letter gets a question mark, not a traceback.
        with contextlib.suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        with guarded_output():
            status = _run(arguments)
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:
        status = Failure("broken-pipe", "").status
    except KeyboardInterrupt:
        status = Failure("interrupted", "").status
    except OutputError as error:
        failure = Failure("output", f"cannot write the output: {error.strerror or error}")
        status = _report(failure, as_json=False)
        _forget_output()
    if status == Failure("broken-pipe", "").status:
        _forget_output()
    return status


def _run(arguments: list[str]) -> int:
    try:
        result = root.main(arguments, prog_name="brisktls", standalone_mode=False)
    except Failure as failure:
        return _report(failure, as_json="--json" in arguments)
    except click.Abort:
        return _report(Failure("interrupted", "interrupted"), as_json=False)
    except click.ClickException as error:
        if "--nagios" in arguments:
            # There a 2 would mean that the peer is in trouble.
            print(f"TLS UNKNOWN - {error.format_message()}")
            return 3
        with contextlib.suppress(OSError):  # nobody may be reading
            error.show()
        return error.exit_code
    except (BrokenPipeError, OutputError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, a person gets one line
        if os.environ.get("BRISKTLS_TRACEBACK"):
            traceback.print_exc()
        words = printable(str(error), 300)
        line = f"unforeseen {type(error).__name__}: {words} (BRISKTLS_TRACEBACK=1 shows where)"
        return _report(Failure("failed", line), as_json="--json" in arguments)
    return result if isinstance(result, int) else 0


def _report(failure: Failure, *, as_json: bool) -> int:
    if as_json:
        print_json(
            {
                **failure.data,
                "ok": False,
                "error": failure.kind,
                "message": failure.line,
                "status": failure.status,
            }
        )
    if failure.line:
        complain(Text.assemble(("brisktls: ", "bold red"), failure.line))
    return failure.status


def _forget_output() -> None:
    """Let the interpreter's last flush of standard output go nowhere."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
