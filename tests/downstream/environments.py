"""Two environments that differ in one thing: which package ``OpenSSL`` comes from."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".build" / "downstream"
REFERENCE, OURS = "pyOpenSSL", "brisktls"
PYOPENSSL = "26.4.0"
#: What the programs' tests need; the reference decides every version.
PACKAGES = (
    "Twisted[tls,test]==26.10.0",
    "urllib3==2.8.0",
    f"pyOpenSSL=={PYOPENSSL}",
    *("anyio[trio]", "h2", "httpx", "hypercorn", "pysocks", "quart", "quart-trio", "trio"),
    *("trustme", "pytest", "pytest-socket", "pytest-timeout"),
)
#: These decide whom OpenSSL trusts by default, and what it logs.
UNSET = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "OPENSSL_CONF", "PYTHONPATH")
#: Some dependants look for the distribution by its name before they import it.
STAND_IN = f"Metadata-Version: 2.1\nName: pyOpenSSL\nVersion: {PYOPENSSL}\n"


def python(name: str) -> str:
    return str(WORK / name / "bin" / "python")


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in UNSET}


def run(*command: str) -> str:
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def prepare(extra: tuple[str, ...] = ()) -> None:
    """Make both environments, or complete them."""
    wanted = "\n".join([*PACKAGES, *extra])
    stamp = WORK / "packages.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        WORK.mkdir(parents=True, exist_ok=True)
        install(REFERENCE, *PACKAGES, *extra)
        frozen = run(python(REFERENCE), "-m", "pip", "freeze").splitlines()
        same = [line for line in frozen if not line.lower().startswith("pyopenssl=")]
        install(OURS, "--no-deps", *same)
        stamp.write_text(wanted)
    hand_over()
    for name, telling in ((REFERENCE, "OpenSSL._util"), (OURS, "OpenSSL._native.common.errors")):
        where = run(python(name), "-c", f"import {telling}, OpenSSL; print(OpenSSL.__file__)")
        print(f"{name}: {where.strip()}")
        assert (name in where) is (name == REFERENCE), "the wrong OpenSSL"


def install(name: str, *packages: str) -> None:
    if not Path(python(name)).exists():
        run(sys.executable, "-m", "venv", str(WORK / name))
    print(f"Installing into .build/downstream/{name}", flush=True)
    run(python(name), "-m", "pip", "install", "-q", *packages)


def hand_over() -> None:
    """Let our environment import the tree as the one that runs this does."""
    here = Path(sysconfig.get_path("purelib"))
    there = Path(
        run(python(OURS), "-c", "import sysconfig as s; print(s.get_path('purelib'))").strip()
    )
    loaders = [*here.glob("*brisktls*.pth"), *here.glob("_brisktls_editable_loader.py")]
    assert loaders, "install this package first, editable: make setup"
    for loader in loaders:
        shutil.copy(loader, there)
    folder = there / f"pyopenssl-{PYOPENSSL}.dist-info"
    folder.mkdir(exist_ok=True)
    (folder / "METADATA").write_text(STAND_IN)


def source(project: str, version: str) -> Path:
    """The unpacked source distribution of a project, from the package registry."""
    folder = WORK / "sources" / f"{project}-{version}"
    if not folder.is_dir():
        pip = [python(REFERENCE), "-m", "pip", "download", "-q", "--no-deps"]
        run(*pip, "--no-binary", project, "-d", str(WORK), f"{project}=={version}")
        with tarfile.open(WORK / f"{project}-{version}.tar.gz") as archive:
            archive.extractall(folder.parent, filter="data")
    return folder
