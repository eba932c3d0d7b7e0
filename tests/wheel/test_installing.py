"""What is published can be installed: the wheel from an index, the source without a network."""

from __future__ import annotations

import contextlib
import functools
import http.server
import os
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TAG = f"cp{sys.version_info[0]}{sys.version_info[1]}{sys.abiflags}"
#: Made by tools/wheel.sh: it has what a build requires.
TOOLS = ROOT / ".build" / "wheel" / f"tools-{TAG}" / "bin"
SAY = (
    "from OpenSSL import SSL; from OpenSSL._face.common import library; print(library.is_bundled())"
)
pytestmark = [
    pytest.mark.long,
    pytest.mark.wheel,
    pytest.mark.skipif("BRISK_WHEEL" not in os.environ, reason="make test-wheel names a wheel"),
]


def fresh(folder: Path) -> Path:
    """Make an environment that has nothing but pip, and answer its Python."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    return folder / "bin" / "python"


def said(python: Path, folder: Path) -> str:
    return subprocess.run(
        [str(python), "-c", SAY], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


@contextlib.contextmanager
def index(folder: Path) -> Iterator[str]:
    """Serve a folder as a package index has it; the address."""
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    handler = functools.partial(quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/simple/"
        finally:
            server.shutdown()
            thread.join()


def test_pip_installs_it_from_an_index(tmp_path: Path) -> None:
    wheel = Path(os.environ["BRISK_WHEEL"])
    page = tmp_path / "index" / "simple" / "brisktls"
    page.mkdir(parents=True)
    shutil.copy(wheel, page)
    (page / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>', encoding="utf-8")
    python = fresh(tmp_path / "environment")
    # Settings of the machine must not say where else to look.
    settings = {name: text for name, text in os.environ.items() if not name.startswith("PIP_")}
    settings |= {"PIP_CONFIG_FILE": os.devnull, "NO_PROXY": "127.0.0.1"}
    with index(tmp_path / "index") as address:
        command = [str(python), "-m", "pip", "-q", "install", "--index-url", address, "brisktls"]
        subprocess.run(command, env=settings, check=True)
    assert said(python, tmp_path) == "True"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    command = [str(TOOLS / "python"), "-m", "build", "--sdist", "--no-isolation"]
    path = f"{TOOLS}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        [*command, "--outdir", str(folder), str(ROOT)],
        env={**os.environ, "PATH": path},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (made,) = folder.glob("*.tar.gz")
    return made


@pytest.mark.skipif(not TOOLS.exists(), reason="make wheel makes the tools")
def test_the_source_has_what_it_needs_and_nothing_that_was_built(source: Path) -> None:
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "PKG-INFO", "meson.options", "tools/cythonize.py"} <= names
    assert {"src/OpenSSL/_native/ssl/engine.pyx", "tests/unit/ssl/test_trust.py"} <= names
    assert [name for name in names if name.endswith((".c", ".so", ".o", ".pyc"))] == [
        name for name in names if name.startswith(("benchmarks/", "tests/")) and name[-2:] == ".c"
    ]


@pytest.mark.skipif(not TOOLS.exists(), reason="make wheel makes the tools")
@pytest.mark.skipif(sys.platform != "linux", reason="the network is cut off by unshare")
def test_the_source_is_built_without_a_network(source: Path, tmp_path: Path) -> None:
    alone = ["unshare", "--net"] if os.getuid() == 0 else ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("unshare may not cut off the network here")
    pip = [str(TOOLS / "python"), "-m", "pip", "-q", "wheel", "--no-build-isolation", "--no-deps"]
    subprocess.run(
        [*alone, *pip, "--wheel-dir", str(tmp_path), str(source)],
        env={**os.environ, "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}"},
        check=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    python = fresh(tmp_path / "environment")
    command = [str(python), "-m", "pip", "-q", "install", "--no-index", str(wheel)]
    subprocess.run([*alone, *command], check=True)
    assert said(python, tmp_path) == "False"
