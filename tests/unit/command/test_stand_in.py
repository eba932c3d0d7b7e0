"""The stand-in for pyOpenSSL, in environments of their own, as pip and programs see it."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from kit.patience import PATIENCE

SOURCE = Path(__file__).resolve().parents[3] / "src"
VERSION = "26.4.0"
#: The logic without the command line's libraries, which a bare environment lacks.
CALL = """
import sys, types
sys.path.insert(0, {source!r})
import importlib.util, importlib.machinery
for name in ("OpenSSL", "OpenSSL._command"):
    module = types.ModuleType(name)
    module.__path__ = [{source!r} + "/" + name.replace(".", "/")]
    sys.modules[name] = module
from OpenSSL._command import metadata
from OpenSSL._command.failures import Failure
try:
    print(metadata.{call})
except Failure as failure:
    print("refused:", failure.line)
    sys.exit(3)
"""


def wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> Path:
    """A wheel as an index would have it."""
    info = f"{name.lower()}-{version}.dist-info"
    content = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = []
    path = folder / f"{name.lower()}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for place, text in content.items():
            digest = hashlib.sha256(text.encode()).digest()
            spelled = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            rows.append(f"{place},sha256={spelled},{len(text)}")
            archive.writestr(place, text)
        archive.writestr(f"{info}/RECORD", "\n".join([*rows, f"{info}/RECORD,,"]) + "\n")
    return path


class Environment:
    """A virtual environment with a brisktls that has one file of each kind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder, with_pip=True)
        self.python = str(folder / "bin" / "python")
        self.wheels = folder / "wheels"
        self.wheels.mkdir()
        ours = {"OpenSSL/__init__.py": "us = 1\n", "OpenSSL/SSL.py": "us = 1\n"}
        self.install("brisktls", "0.1.0", ours)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
            cwd=self.folder,
            env={**os.environ, "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        )

    def pip(self, *arguments: str) -> str:
        done = self.run("-m", "pip", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def install(self, name: str, version: str, files: dict[str, str]) -> None:
        self.pip("install", "--no-deps", str(wheel(self.wheels, name, version, files)))

    def call(self, what: str) -> tuple[int, str]:
        done = self.run("-c", CALL.format(source=str(SOURCE), call=what))
        return done.returncode, done.stdout + done.stderr

    def read(self, path: str) -> str | None:
        found = next(self.folder.glob("lib/python*/site-packages")) / path
        return found.read_text() if found.exists() else None

    def tree(self) -> dict[str, bytes]:
        site = next(self.folder.glob("lib/python*/site-packages"))
        return {
            str(each.relative_to(site)): each.read_bytes()
            for each in sorted(site.rglob("*"))
            if each.is_file() and "__pycache__" not in each.parts and "pip" not in each.parts[0]
        }


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    if sys.platform == "win32":
        pytest.skip("written for POSIX environments")
    return Environment(tmp_path / "environment")


def test_it_comes_is_seen_and_goes(environment: Environment) -> None:
    before = environment.tree()
    status, told = environment.call("check()")
    assert status == 3 and "nothing stands in" in told
    assert environment.call("install()")[0] == 0
    status, told = environment.call("check()")
    assert status == 0, told
    assert f"pyOpenSSL {VERSION}" in " ".join(environment.pip("list").split())
    assert "No broken requirements" in environment.pip("check")
    assert "Requires: brisktls" in environment.pip("show", "pyopenssl")
    code = (
        "import importlib.metadata as m; print(m.version('pyopenssl'), m.requires('pyOpenSSL'),"
        " all(each.locate().exists() for each in m.files('pyOpenSSL')))"
    )
    assert environment.run("-c", code).stdout.strip() == f"{VERSION} ['brisktls'] True"
    again = environment.tree()
    assert environment.call("install()")[0] == 0  # a second time changes nothing
    assert environment.tree() == again
    environment.pip("install", "--no-deps", f"pyOpenSSL=={VERSION}")  # is there: no index is asked
    assert environment.call("undo()")[0] == 0
    assert environment.tree() == before
    status, told = environment.call("undo()")
    assert status == 0 and "nothing stands in" in told


def test_pip_uninstalls_it(environment: Environment) -> None:
    before = environment.tree()
    environment.call("install()")
    environment.pip("uninstall", "-y", "pyOpenSSL")
    assert environment.tree() == before


def uv() -> str:
    found = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.defpath]))
    if found is None:
        pytest.skip("uv is not installed")
    return found


def test_uv_lists_checks_keeps_and_uninstalls_it(environment: Environment) -> None:
    before = environment.tree()
    program = uv()

    def ask(*arguments: str) -> str:
        done = subprocess.run(
            [program, "pip", *arguments, "--python", environment.python],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
            env={
                **os.environ,
                "UV_OFFLINE": "1",
                "UV_NO_INDEX": "1",
                "UV_CACHE_DIR": str(environment.folder / "cache"),
            },
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    assert environment.call("install()")[0] == 0
    assert f"pyopenssl {VERSION}" in " ".join(ask("list").split())
    assert "Requires: brisktls" in ask("show", "pyopenssl")
    assert "compatible" in ask("check")
    there = environment.tree()
    ask("install", f"pyOpenSSL=={VERSION}")  # is there: no index is asked
    assert environment.tree() == there
    assert f"pyopenssl=={VERSION}" in ask("uninstall", "pyopenssl")
    assert environment.tree() == before
    assert environment.call("check()")[0] == 3


def test_pkg_resources_knows_it(environment: Environment) -> None:
    if environment.run("-c", "import pkg_resources").returncode:
        pytest.skip("this Python's environments come without pkg_resources")
    assert environment.call("install()")[0] == 0
    code = """
import pkg_resources
print(pkg_resources.get_distribution("pyOpenSSL").version)
print([each.project_name for each in pkg_resources.require("pyopenssl>=24")])
try:
    pkg_resources.require("pyopenssl>=99")
except pkg_resources.VersionConflict:
    print("too old")
"""
    told = environment.run("-W", "ignore", "-c", code)
    assert told.stdout.splitlines() == [VERSION, "['pyopenssl', 'brisktls']", "too old"], told


def test_without_brisktls_there_is_nothing_to_require(environment: Environment) -> None:
    environment.pip("uninstall", "-y", "brisktls")
    for call in ("install()", "check()"):
        status, told = environment.call(call)
        assert status == 3 and "not installed" in told


REAL = {
    "OpenSSL/__init__.py": "them = 1\n",
    "OpenSSL/_util.py": "them = 1\n",
    "OpenSSL/test/__init__.py": "",
}


def test_the_real_one_is_not_touched(environment: Environment) -> None:
    environment.install("pyOpenSSL", "26.3.0", {"OpenSSL/_theirs.py": "them = 1\n"})
    before = environment.tree()
    for call, words in (
        ("install()", "--replace"),
        ("check()", "the real pyOpenSSL 26.3.0"),
        ("undo()", "the real one, and stays"),
    ):
        status, told = environment.call(call)
        assert status == 3 and words in told
        assert environment.tree() == before


def test_the_real_one_is_replaced_whole(environment: Environment) -> None:
    environment.install("pyOpenSSL", "26.3.0", REAL)
    before = environment.tree()
    # Their files lie over ours: what is missing cannot be brought back from here.
    status, told = environment.call("install(True)")
    assert status == 3 and "--force-reinstall" in told
    assert environment.tree() == before
    environment.pip(
        *("install", "--force-reinstall", "--no-deps"),
        str(next(environment.wheels.glob("brisktls*"))),
    )
    status, told = environment.call("install(True)")
    assert status == 0, told
    after = environment.tree()
    assert environment.read("OpenSSL/__init__.py") == "us = 1\n"
    assert {name for name in after if name.startswith("OpenSSL")} == {
        "OpenSSL/__init__.py",
        "OpenSSL/SSL.py",
    }
    assert not [name for name in after if "26.3.0" in name]
    assert environment.call("check()")[0] == 0
    assert "No broken requirements" in environment.pip("check")


@pytest.mark.parametrize("fails", [1, 2, 3, 4, 5])
def test_whatever_fails_half_is_left_of_neither(environment: Environment, fails: int) -> None:
    environment.install("pyOpenSSL", "26.3.0", {"OpenSSL/_theirs.py": "", "OpenSSL/_more.py": ""})
    before = environment.tree()
    done = environment.run(
        "-c",
        f"""
import os
real, count = os.rename, [0]
def rename(*paths):
    count[0] += 1
    if count[0] == {fails}:
        raise PermissionError(13, "Permission denied", str(paths[0]))
    return real(*paths)
os.rename = rename
"""
        + CALL.format(source=str(SOURCE), call="install(True)"),
    )
    if done.returncode == 3:
        assert "Permission denied" in done.stdout
        assert environment.tree() == before
    else:
        assert (done.returncode, fails) == (0, 5), done.stdout + done.stderr
        assert environment.call("check()")[0] == 0


def test_the_project_for_an_index_has_the_same_name_and_version() -> None:
    text = (SOURCE.parent / "packaging/pyopenssl-stand-in/pyproject.toml").read_text()
    assert f'version = "{VERSION}"' in text
    assert f'__version__ = "{VERSION}+' in (SOURCE / "OpenSSL/version.py").read_text()
    assert 'dependencies = ["brisktls"]' in text
