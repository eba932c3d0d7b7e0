"""Test a wheel where it is installed, not the tree: ``make test-wheel``.

    run.py [--series 3.5] [--twice] [pytest's options]

The wheel is made first, and installed by pip into an environment of its own, which has
nothing else but what the tests need.  Then run the tests of this folder, about what is in
it, and the unit tests.  ``--twice`` makes it in another folder again and compares.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WORK = ROOT / ".build" / "wheel"
TAG = f"cp{sys.version_info[0]}{sys.version_info[1]}{sys.abiflags}"


def made(root: Path, series: str) -> Path:
    """Make the wheel of a tree, and tell where it is."""
    environment = {**os.environ, "PYTHON": sys.executable}
    script = str(root / "tools" / "wheel.sh")
    done = subprocess.run(
        ["sh", script, series], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return root / done.stdout.splitlines()[-1]


def is_equal_again(wheel: Path, series: str) -> bool:
    """Whether another folder of the same commit gives the same bytes."""
    with tempfile.TemporaryDirectory(prefix="elsewhere-") as folder:
        root = Path(folder) / "another place"
        clone = ["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(root)]
        subprocess.run(clone, check=True)
        (root / ".build" / "wheel").mkdir(parents=True)
        for each in (f"openssl-{series}", f"tools-{TAG}", "libc"):
            if (WORK / each).exists():
                shutil.copytree(WORK / each, root / ".build" / "wheel" / each, symlinks=True)
        again = made(root, series)
        return again.name == wheel.name and filecmp.cmp(wheel, again, shallow=False)


def install(wheel: Path) -> Path:
    """Install it, and answer the Python that has it."""
    place = WORK / f"site-{TAG}"
    python = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "-qq"]
    if not (place / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
        subprocess.run([*pip, "install", "--upgrade", "pip>=25.1"], check=True)
        subprocess.run([*pip, "install", "--group", "test"], check=True, cwd=ROOT)
        subprocess.run([*pip, "install", f"{wheel}[cli,fleet]"], check=True)
        (place / "done").touch()
    subprocess.run([*pip, "install", "--no-deps", "--force-reinstall", str(wheel)], check=True)
    return python


def main() -> int:
    """Make, install and test."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", default="4.0", help="OpenSSL's: 4.0 or 3.5")
    parser.add_argument("--twice", action="store_true", help="compare two builds")
    options, rest = parser.parse_known_args()
    wheel = made(ROOT, options.series)
    print(f"{wheel.name}: {wheel.stat().st_size:,} bytes", flush=True)
    if options.twice:
        if not is_equal_again(wheel, options.series):
            print("two builds of one commit differ")
            return 1
        print("two builds of one commit are equal", flush=True)
    python = install(wheel)
    environment = {**os.environ, "BRISK_WHEEL": str(wheel)}
    environment.pop("PYTHONPATH", None)
    tests = ["tests/wheel", "tests/unit"] if not any(map(os.path.exists, rest)) else []
    command = [str(python), "-m", "pytest", "-m", "wheel or not long", *tests, *rest]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
