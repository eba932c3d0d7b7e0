"""``python -m OpenSSL`` and the script ``brisktls``: the front door of the command line."""

from __future__ import annotations

import sys

__all__ = ["main", "source"]

#: What the command line needs beyond the package itself, by import name.
_EXTRAS = ("click", "rich", "idna", "python_socks")


def source() -> str:
    """Where this package was installed from, as pip wants it."""
    import importlib.metadata
    import json

    try:
        told = importlib.metadata.distribution("brisktls").read_text("direct_url.json")
        return str(json.loads(told or "{}").get("url", "brisktls"))
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return "brisktls"


def main() -> int:
    """Run the command line on ``sys.argv`` and return its exit status."""
    try:
        from .version import __distribution__  # noqa: F401 - whether it is there is the question
    except ImportError:
        print(
            "brisktls: another package, most likely pyOpenSSL, has overwritten or removed files "
            f"here; install brisktls last: pip install --force-reinstall --no-deps {source()}",
            file=sys.stderr,
        )
        return 2
    try:
        from ._command.root import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRAS:
            raise
        print(
            f"brisktls: the command line needs {error.name}: pip install {' '.join(_EXTRAS)}",
            file=sys.stderr,
        )
        return 2
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
