"""Where the peers live: two environments of the same Python, and the C program.

All of it is under ``.build/bench``.  brisktls is installed there as a package is,
not editable: looking for changed sources would be measured otherwise.
"""

from __future__ import annotations

import compileall
import os
import shlex
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import identity
from ends.peers import BRISKTLS, PEERS, PYOPENSSL, C

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WORK = ROOT / ".build" / "bench"
#: The reference decides the version of all that both need.
PACKAGES = ("pyOpenSSL==26.4.0", "Twisted==26.10.0", "cheroot==11.1.2", "valkey==6.2.0")
#: These decide whom OpenSSL trusts by default, what it logs, and what is imported.
UNSET = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "OPENSSL_CONF", "PYTHONPATH")

#: Where systems keep what OpenSSL's own default does not find.
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)


def python(peer: str) -> str:
    """The Python that runs a peer; the standard module is the same in both."""
    name = PYOPENSSL if peer == PYOPENSSL else BRISKTLS
    return str(WORK / name / "bin" / "python")


def bundle() -> str:
    """The system's file of trusted certificates."""
    known = [ssl.get_default_verify_paths().openssl_cafile, *BUNDLES]
    for path in known:
        if Path(path).is_file():
            return path
    sys.exit(f"no file of trusted certificates found; looked for {', '.join(known)}")


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    return {**kept, "BENCH_IDENTITY": str(identity.FOLDER), "BENCH_BUNDLE": bundle()}


def run(*command: str, **changes: str) -> str:
    """What a program prints; its errors are shown where it fails."""
    done = subprocess.run(
        command, env={**environment(), **changes}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{shlex.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def install(peer: str, *packages: str) -> None:
    if not Path(python(peer)).exists():
        run(sys.executable, "-m", "venv", str(WORK / peer))
    print(f"Installing into .build/bench/{peer} (once)", file=sys.stderr, flush=True)
    run(python(peer), "-m", "pip", "--disable-pip-version-check", "install", "-q", *packages)


def packages() -> None:
    """The same packages into both environments, pyOpenSSL into its own alone."""
    stamp = WORK / "packages.txt"
    wanted = "\n".join((sys.version, *PACKAGES))
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    install(PYOPENSSL, *PACKAGES)
    frozen = run(python(PYOPENSSL), "-m", "pip", "freeze").splitlines()
    install(BRISKTLS, "--no-deps", *[one for one in frozen if not one.startswith("pyOpenSSL=")])
    stamp.write_text(wanted, encoding="utf-8")


def hand_over() -> None:
    """Build this tree and install it where its peers' packages are."""
    tag = f"cp{sys.version_info[0]}{sys.version_info[1]}{sys.abiflags}"
    stage = WORK / "stage"
    shutil.rmtree(stage, ignore_errors=True)
    meson = Path(sys.executable).with_name("meson")
    run(str(meson), "install", "-C", str(ROOT / "build" / tag), "--quiet", DESTDIR=str(stage))
    (built,) = (path.parent for path in stage.rglob("OpenSSL/SSL.py"))
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    there = Path(run(python(BRISKTLS), "-c", ask).strip()) / "OpenSSL"
    shutil.rmtree(there, ignore_errors=True)
    shutil.copytree(built, there)
    compileall.compile_dir(there, quiet=1)


def compile_plain(program: Path = WORK / "plain") -> None:
    """Compile the C program where it is absent or older than its source."""
    source = HERE / "plain.c"
    if program.exists() and program.stat().st_mtime > source.stat().st_mtime:
        return
    flags = run(os.environ.get("PKG_CONFIG", "pkg-config"), "--cflags", "--libs", "openssl")
    compiler = shlex.split(os.environ.get("CC", "cc"))
    extra = run("sh", str(ROOT / "tools/preflight.sh"), "--flags", PYTHON=sys.executable)
    words = [*shlex.split(extra), "-O2", "-pthread", str(source), "-o", str(program)]
    run(*compiler, *words, *shlex.split(flags))


def prepare() -> None:
    """Make what is missing, and bring this tree and the C program up to date."""
    WORK.mkdir(parents=True, exist_ok=True)
    packages()
    hand_over()
    compile_plain()
    identity.make()


def command(work: str, peer: str, option: str, seconds: float) -> list[str]:
    """How one measurement is run."""
    assert peer in PEERS
    if peer == C:
        return [str(WORK / "plain"), work, option, str(seconds), str(identity.FOLDER)]
    # -s: nothing of the user's own packages.
    return [python(peer), "-s", str(HERE / "child.py"), work, peer, option, str(seconds)]


def versions() -> dict[str, str]:
    """What was compared."""
    ask = {
        BRISKTLS: "from OpenSSL import SSL, version as v; print(v.__version__,"
        " SSL.OpenSSL_version(0).decode(), sep=', ')",
        "ssl": "import ssl, platform as p; print('Python', p.python_version() + ',',"
        " ssl.OPENSSL_VERSION)",
    }
    ask[PYOPENSSL] = ask[BRISKTLS]
    told = {peer: run(python(peer), "-c", code).strip() for peer, code in ask.items()}
    compiler = shlex.split(os.environ.get("CC", "cc"))
    told[C] = run(*compiler, "--version").splitlines()[0]
    return told
