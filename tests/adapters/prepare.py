"""The environment of ``make adapters``: what packages.txt names, over the one that runs this.

The programs are installed beside ``.venv`` and not into it; what is not there is found in
``.venv``, this package and the tools of testing among it.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = ROOT / ".build" / "adapters"
PYTHON = WORK / "bin" / "python"


def main() -> None:
    """Make the environment, or bring it up to date."""
    wanted = (HERE / "packages.txt").read_text(encoding="utf-8")
    stamp = WORK / "packages.txt"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print("Installing the programs into .build/adapters", flush=True)
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(WORK)], check=True)
    site = subprocess.run(
        [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.strip()
    below = sysconfig.get_path("purelib")
    line = f"import site; site.addsitedir({below!r})\n"
    (Path(site) / "below.pth").write_text(line, encoding="utf-8")
    # They are complete as listed: whatever they require of each other is in the list, and
    # nobody brings another OpenSSL.
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "-qq", "--no-deps"]
    subprocess.run([*pip, "-r", str(HERE / "packages.txt")], check=True)
    stamp.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    main()
