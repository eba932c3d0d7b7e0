"""Write the manual pages of the command line, as click-man makes them of its help.

.venv/bin/python tools/make_man.py [FOLDER]     the default is docs/man
"""

from __future__ import annotations

import sys
from pathlib import Path

from click_man.core import write_man_pages

from OpenSSL._command.root import root
from OpenSSL.version import __distribution_version__


def main(folder: Path) -> None:
    """Write a page for each command into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    # Without a fixed date every day would make another page.
    version = f"brisktls {__distribution_version__}"
    write_man_pages("brisktls", root, version=version, target_dir=str(folder), date=version)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/man"))
