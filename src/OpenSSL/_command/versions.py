"""``version``: what is installed and linked here, to paste into a bug report."""

from __future__ import annotations

import os
import platform
import sys
import sysconfig
from typing import Any

import click

from OpenSSL import SSL
from OpenSSL._face.common import library
from OpenSSL.version import __distribution__, __distribution_version__, __version__

from .console import output, print_facts, print_json

__all__ = ["gather", "offered", "version"]

EXAMPLES = """\b
Examples:
  brisktls version
  brisktls version --json
"""


@click.command(epilog=EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def version(as_json: bool) -> None:
    """Tell the versions of everything: paste this into a bug report."""
    data = gather()
    if as_json:
        print_json(data)
        return
    console = output()
    print_facts(console, _rows(data))


def gather() -> dict[str, Any]:
    """Return what ``version`` tells, ready for JSON."""
    return {
        "package": __distribution__,
        "version": __distribution_version__,
        "compatible_with": __version__,
        "location": os.path.dirname(os.path.dirname(os.path.abspath(SSL.__file__))),
        "openssl": {
            "version": _say(SSL.OPENSSL_VERSION),
            "number": f"0x{SSL.OPENSSL_VERSION_NUMBER:08x}",
            "bundled": library.is_bundled(),
            "built_on": _say(SSL.OPENSSL_BUILT_ON),
            "platform": _say(SSL.OPENSSL_PLATFORM),
            "flags": _say(SSL.OPENSSL_CFLAGS),
            "directory": _say(SSL.OPENSSL_DIR),
            "features": dict(sorted(library.features().items())),
            "offered": offered(),
        },
        "environment": {
            name: os.environ[name]
            for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "OPENSSL_CONF", "OPENSSL_MODULES")
            if name in os.environ
        },
        "python": {
            "version": platform.python_version(),
            "implementation": platform.python_implementation(),
            "executable": sys.executable,
            "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        },
        "platform": platform.platform(),
    }


#: What a feature of libssl is reached by here; those without a name need none.
_REACHED_BY = {
    "psk": "set_psk_client_callback",
    "ct": "enable_ct",
    "brotli": "set_certificate_compression",
    "zstd": "set_certificate_compression",
    "raw_public_keys": "set_client_cert_types",
    "ech": "set_ech_store",
    "quic_client": "QUIC_METHOD",
    "quic_server": "QUIC_METHOD",
    "srtp": "set_tlsext_use_srtp",
    "ocsp": "set_ocsp_client_callback",
}


def offered() -> dict[str, bool]:
    """Return which of libssl's features a program can use through this package."""
    told = {}
    for name, present in library.features().items():
        reached = _REACHED_BY.get(name)
        there = reached is None or hasattr(SSL.Context, reached) or hasattr(SSL.Connection, reached)
        told[name] = present and there
    return told


def _say(what: int) -> str:
    text = SSL.OpenSSL_version(what).decode("utf-8", "replace")
    # OpenSSL_version(3) writes "OPENSSLDIR: "/usr/lib/ssl"", "platform: x" and so on.
    return text.partition(": ")[2].strip('"') or text


def _rows(data: dict[str, Any]) -> list[tuple[str, Any]]:
    openssl, python = data["openssl"], data["python"]
    features = openssl["features"]
    offered = [name for name in features if openssl["offered"].get(name)]
    unused = [name for name in features if features[name] and name not in offered]
    missing = [name for name, present in features.items() if not present]
    threads = ", free-threaded" if python["free_threaded"] else ""
    rows = [
        (data["package"], f"{data['version']} (as pyOpenSSL {data['compatible_with']})"),
        ("", data["location"]),
        ("OpenSSL", f"{openssl['version']} ({openssl['number']})"),
        ("  from", "this wheel" if openssl["bundled"] else "the system"),
        ("  built on", openssl["built_on"]),
        ("  platform", openssl["platform"]),
        ("  directory", openssl["directory"]),
        ("  found", ", ".join(offered) or "none"),
        ("  found, not offered here", ", ".join(unused) or "none"),
        ("  missing", ", ".join(missing) or "none"),
        ("  flags", openssl["flags"]),
    ]
    rows += [(name, value) for name, value in data["environment"].items()]
    rows += [
        ("Python", f"{python['implementation']} {python['version']}{threads}"),
        ("", python["executable"]),
        ("System", data["platform"]),
    ]
    return rows
