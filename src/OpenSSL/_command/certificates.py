"""``certificates``: an authority and what it signs, as files, to try things with."""

from __future__ import annotations

import contextlib
import os

import click

from OpenSSL import crypto

from .authority import Authority, Leaf
from .console import output, print_facts
from .failures import Failure
from .printable import printable

__all__ = ["certificates"]

EXAMPLES = """\b
Examples:
  brisktls certificates
  brisktls certificates trial --days 365
  brisktls serve --cert server.pem --key server.key
  brisktls connect localhost:8443 --cafile ca.pem
"""

#: Each is a file NAME.pem for the certificate, and NAME.key for the key.
_SERVERS = {"server": ("localhost", "127.0.0.1", "::1"), "shop": ("shop.test",)}
_CLIENTS = {"client": ("client",)}
_WHAT = [
    ("ca.pem", "the authority: whom both sides trust"),
    ("ca.key", "its key"),
    ("server.pem", "for localhost, 127.0.0.1 and ::1; its key is server.key"),
    ("shop.pem", "for shop.test; shop.key"),
    ("client.pem", "of a client; client.key"),
]


@click.command(epilog=EXAMPLES)
@click.argument("folder", type=click.Path(file_okay=False), default=".")
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=30,
    show_default=True,
    help="How long they last.",
)
@click.option("--replace", is_flag=True, help="Replace files that are there.")
def certificates(folder: str, days: int, replace: bool) -> None:
    """Make an authority, two servers and a client, as files in FOLDER.

    They are those of the examples in the documentation.  Keys are not encrypted:
    good for trying things, not for a service that others use.
    """
    authority = Authority("Trial authority", days, kind="EC")
    made = {"ca": Leaf(authority.certificate, authority.key, authority.certificate)}
    made |= {name: authority.issue(names) for name, names in _SERVERS.items()}
    made |= {name: authority.issue(names, client=True) for name, names in _CLIENTS.items()}
    files: dict[str, tuple[bytes, int]] = {}
    for name, each in made.items():
        pem = crypto.dump_certificate(crypto.FILETYPE_PEM, each.certificate)
        files[f"{name}.pem"] = pem, 0o644
        files[f"{name}.key"] = crypto.dump_privatekey(crypto.FILETYPE_PEM, each.key), 0o600
    _write(folder, files, replace=replace)
    print_facts(output(), [(name, what) for name, what in _WHAT])


def _write(folder: str, files: dict[str, tuple[bytes, int]], *, replace: bool) -> None:
    """Write all of *files*, or none of them where one is there and is to stay."""
    paths = {name: os.path.join(folder, name) for name in files}
    there = [path for path in paths.values() if os.path.lexists(path)]
    if there and not replace:
        raise Failure("file", f"{printable(there[0])} is there already (see --replace)")
    path = folder
    try:
        os.makedirs(folder, exist_ok=True)
        for name, (data, mode) in files.items():
            path = paths[name]
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            # New, so that no link leads to another file, and no key is open to others.
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                file.write(data)
    except OSError as error:
        line = f"cannot write {printable(path)}: {error.strerror or error}"
        raise Failure("file", line) from error
