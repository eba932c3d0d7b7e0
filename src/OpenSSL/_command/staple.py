"""``staple``: fetch the response that a server is to staple, for a timer or a cron job."""

from __future__ import annotations

import urllib.error

import click

from OpenSSL import SSL, crypto

from . import files
from .failures import Failure
from .printable import printable
from .settings import Settings, trust
from .staples import KINDS_BY_REASON

__all__ = ["staple"]

EXAMPLES = """\b
Examples:
  brisktls staple chain.pem --out server.ocsp
  brisktls staple chain.pem --out server.ocsp --if-due --cafile root.pem
"""


@click.command(epilog=EXAMPLES)
@click.argument("chain", metavar="FILE")
@click.option("--out", required=True, metavar="FILE", help="The file that the server staples.")
@click.option("--url", metavar="URL", help="The responder  [default: the certificate's own].")
@click.option("--if-due", is_flag=True, help="Do nothing before half of its time is over.")
@click.option("--cafile", metavar="FILE", help="Trust the authorities in this PEM file only.")
@click.option("--capath", metavar="DIR", help="Trust those in this hashed directory.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True, max=86400),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="For the responder.",
)
def staple(
    chain: str,
    out: str,
    url: str | None,
    if_due: bool,
    cafile: str | None,
    capath: str | None,
    timeout: float,
) -> None:
    """Fetch the OCSP response for a certificate, and put it into a file.

    FILE holds the server's certificate and its issuers, PEM.  Only a response that
    is signed as it should be, holds now and says good replaces the file, all at
    once.
    """
    try:
        links = crypto.load_certificates(crypto.FILETYPE_PEM, files.read(chain))
    except crypto.Error as error:
        raise Failure("file", f"cannot use {printable(chain)}: no certificates in it") from error
    if len(links) < 2:
        raise Failure("file", f"cannot use {printable(chain)}: its issuer has to follow in it")
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    trust(context, Settings(cafile=cafile, capath=capath))
    store = context.get_cert_store()
    if store is None:
        raise Failure("file", "nobody is trusted here")
    kept = crypto.StapleFile(out, links, store)
    if if_due and not kept.is_due():
        click.echo(f"{printable(out)}: not due yet")
        return
    answer = _refreshed(kept, links, store, url, timeout)
    until = f", until {answer.next_update:%Y-%m-%d %H:%M} UTC" if answer.next_update else ""
    click.echo(f"{printable(out)}: good{until}")


def _refreshed(
    kept: crypto.StapleFile,
    links: list[crypto.X509],
    store: crypto.X509Store,
    url: str | None,
    timeout: float,
) -> crypto.OCSPAnswer:
    try:
        return kept.refresh(url, timeout).verify(links, store)
    except crypto.OCSPError as error:
        raise Failure(KINDS_BY_REASON[error.reason], printable(str(error))) from error
    except ValueError as error:
        raise Failure("usage", f"{printable(str(error))} (see --url)") from error
    except urllib.error.URLError as error:
        raise Failure("network", f"the responder: {printable(str(error.reason))}") from error
    except OSError as error:
        raise Failure("file", printable(str(error))) from error
