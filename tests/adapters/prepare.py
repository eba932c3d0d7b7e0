"""The environments of ``make adapters``, over the one that runs this.

The programs are installed beside ``.venv`` and not into it; what is not there is found in
``.venv``, this package and the tools of testing among it.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[1] / ".build"
#: Folder in .build -> list of packages.
ENVIRONMENTS = {"adapters": "packages.txt", "mitmproxy": "mitmproxy.txt"}


def prepare(name: str, packages: str) -> None:
    """Make one environment, or bring it up to date."""
    folder = BUILD / name
    python = str(folder / "bin" / "python")
    wanted = (HERE / packages).read_text(encoding="utf-8")
    stamp = folder / "packages.txt"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print(f"Installing the programs into .build/{name}", flush=True)
    if not Path(python).exists():
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.strip()
    below = sysconfig.get_path("purelib")
    line = f"import site; site.addsitedir({below!r})\n"
    (Path(site) / "below.pth").write_text(line, encoding="utf-8")
    # They are complete as listed: whatever they require of each other is in the list, and
    # nobody brings another OpenSSL.
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "-qq", "--no-deps"]
    subprocess.run([*pip, "-r", str(HERE / packages)], check=True)
    stamp.write_text(wanted, encoding="utf-8")


def main() -> None:
    """Make all of them."""
    for name, packages in ENVIRONMENTS.items():
        prepare(name, packages)


if __name__ == "__main__":
    main()
