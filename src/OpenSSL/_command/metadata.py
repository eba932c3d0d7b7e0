"""A stand-in for the distribution pyOpenSSL: metadata that name it and require brisktls.

Theory.  A stand-in is a folder ``pyopenssl-*.dist-info`` with a RECORD of nothing but its own
files, so every tool can list, check and uninstall it.  A folder appears and goes by one
rename, and what is taken away goes into a folder beside it first: whatever fails, all
of it is put back, and there is never half of either.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import importlib.metadata
import os
import re
import shutil
import sysconfig
import tempfile
from pathlib import Path

from OpenSSL.__main__ import source
from OpenSSL.version import __distribution__, __distribution_version__, __version__

from .failures import Failure

__all__ = ["check", "install", "place", "undo"]

NAME = "pyOpenSSL"
VERSION = __version__.partition("+")[0]
FOLDER = f"pyopenssl-{VERSION}.dist-info"
FILES = {
    "METADATA": f"""\
Metadata-Version: 2.1
Name: {NAME}
Version: {VERSION}
Summary: Stands in for pyOpenSSL: OpenSSL.SSL comes from brisktls {__distribution_version__}
License: Apache-2.0
Requires-Python: >=3.10
Requires-Dist: {__distribution__}

No code is in here. `brisktls stand-in --undo` takes it away.
""",
    "WHEEL": f"""\
Wheel-Version: 1.0
Generator: {__distribution__} {__distribution_version__}
Root-Is-Purelib: true
Tag: py3-none-any
""",
    "INSTALLER": f"{__distribution__}\n",
    "REQUESTED": "",
}


def _normal(name: str | None) -> str:
    return re.sub(r"[-_.]+", "-", name or "").lower()


def _requires_us(one: importlib.metadata.Distribution) -> bool:
    return any(
        _normal(re.split(r"[\s;<>=!~\[(@]", each, maxsplit=1)[0]) == __distribution__
        for each in one.requires or ()
    )


def place() -> Path:
    """Return the folder of this environment that distributions are installed in."""
    return Path(sysconfig.get_path("purelib"))


def _known() -> list[importlib.metadata.Distribution]:
    """Every distribution called pyOpenSSL that this Python sees."""
    return [
        one
        for one in importlib.metadata.distributions()
        if _normal(one.metadata["Name"]) == _normal(NAME)
    ]


def _folder_of(one: importlib.metadata.Distribution) -> Path:
    return Path(str(one._path))  # type: ignore[attr-defined]  # no public name has it


def _brisktls() -> importlib.metadata.Distribution:
    try:
        return importlib.metadata.distribution(__distribution__)
    except importlib.metadata.PackageNotFoundError:
        raise Failure(
            "file", f"{__distribution__} is not installed in this environment: nothing to require"
        ) from None


def _digest(path: Path) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).decode().rstrip("=")


def _written(parent: Path) -> Path:
    """Write a stand-in into a folder of its own below ``parent`` and return it."""
    made = Path(tempfile.mkdtemp(prefix=".brisktls-", dir=parent))
    try:
        made.chmod(0o755)
        rows = []
        for name, text in FILES.items():
            path = made / name
            path.write_text(text, encoding="utf-8", newline="\n")
            rows.append(f"{FOLDER}/{name},sha256={_digest(path)},{path.stat().st_size}")
        rows.append(f"{FOLDER}/RECORD,,")
        (made / "RECORD").write_text("\n".join(rows) + "\n", encoding="utf-8", newline="\n")
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return made


def _whole(folder: Path) -> bool:
    """Whether a folder is a stand-in of ours as it should be."""
    with contextlib.suppress(OSError, ValueError):
        return folder.name == FOLDER and all(
            (folder / name).read_text(encoding="utf-8") == text
            for name, text in FILES.items()
            if name not in ("INSTALLER", "REQUESTED")
        )
    return False


class _Aside:
    """What was moved out of the way, to be put back or thrown away."""

    def __init__(self, parent: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=".brisktls-", dir=parent))
        self.moved: list[tuple[Path, Path]] = []

    def take(self, path: Path) -> None:
        there = self.folder / str(len(self.moved))
        os.rename(path, there)
        self.moved.append((path, there))

    def put_back(self) -> None:
        for path, there in reversed(self.moved):
            os.rename(there, path)
        self.moved.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def throw_away(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        for path, _there in self.moved:
            for parent in path.parents:
                if parent == self.folder.parent:
                    break
                with contextlib.suppress(OSError):
                    parent.rmdir()  # only what is empty now


def _exchange(old: list[Path], new: bool) -> None:
    """Take ``old`` away, and put a stand-in there if ``new``; all of it or nothing."""
    parent = place()
    fresh = _written(parent) if new else None
    try:
        aside = _Aside(parent)
        try:
            for path in old:
                aside.take(path)
            if fresh is not None:
                os.rename(fresh, parent / FOLDER)
        except BaseException:
            aside.put_back()
            raise
        aside.throw_away()
    except OSError as error:
        raise Failure("file", f"{error.filename or parent}: {error.strerror}") from error
    finally:
        if fresh is not None:
            shutil.rmtree(fresh, ignore_errors=True)


def _ours_by_record() -> dict[str, str]:
    """Path -> digest of each file that brisktls has brought; none for what Python compiled."""
    return {
        str(each): each.hash.value if each.hash is not None else ""
        for each in _brisktls().files or ()
    }


def _theirs(one: importlib.metadata.Distribution) -> list[Path]:
    """The files of the real pyOpenSSL that may go; raises where some are not its own alone."""
    parent, folder = place().resolve(), _folder_of(one)
    if folder.resolve().parent != parent or one.read_text("RECORD") is None:
        raise Failure(
            "file",
            f"{folder}: this pyOpenSSL was not installed by pip into {parent}; "
            "remove it with what has installed it",
        )
    ours = _ours_by_record()
    found = [folder]
    for each in one.files or ():
        path = parent / str(each)
        if path.parent == parent / folder.name or not path.exists():
            continue
        if parent not in path.resolve().parents or ".." in each.parts:
            raise Failure("file", f"{folder}: its RECORD names {each}, outside of {parent}")
        if str(each) not in ours:
            found.append(path)
        elif ours[str(each)] and _digest(path) != ours[str(each)]:
            raise Failure(
                "file",
                f"{path} is not {__distribution__}'s: pyOpenSSL's files lie over it; first "
                f"pip install --force-reinstall --no-deps {source()}",
            )
    return found


def install(replace: bool = False) -> str:
    """Put a stand-in into this environment; return what was done, for people."""
    _brisktls()
    old: list[Path] = []
    for one in _known():
        if _requires_us(one):
            if _folder_of(one).resolve().parent == place().resolve():
                old.append(_folder_of(one))
        elif replace:
            old += _theirs(one)
        else:
            raise Failure(
                "file",
                f"pyOpenSSL {one.version} is installed in {_folder_of(one).parent}: "
                "--replace takes it away",
            )
    if len(old) == 1 and _whole(old[0]):
        return f"pyOpenSSL {VERSION} stands in here already"
    _exchange(old, new=True)
    return f"pyOpenSSL {VERSION} stands in, and requires {__distribution__}"


def undo() -> str:
    """Take the stand-in away; return what was done, for people."""
    mine = [one for one in _known() if _requires_us(one)]
    if not mine:
        if _known():
            raise Failure("file", "the pyOpenSSL here is the real one, and stays")
        return "nothing stands in for pyOpenSSL here"
    folders = [_folder_of(one) for one in mine]
    here = [folder for folder in folders if folder.parent.resolve() == place().resolve()]
    if len(here) != len(mine):
        raise Failure("file", f"{folders[0]} is not in this environment, and stays")
    _exchange(here, new=False)
    return "nothing stands in for pyOpenSSL any more"


def check() -> str:
    """Return what stands in; raise where nothing does, or not as it should."""
    _brisktls()
    known = _known()
    if not known:
        raise Failure("file", "nothing stands in for pyOpenSSL here: brisktls stand-in")
    for one in known:
        if not _requires_us(one):
            raise Failure("file", f"the real pyOpenSSL {one.version} is installed")
    if len(known) > 1:
        raise Failure("file", f"{len(known)} stand-ins: brisktls stand-in")
    if known[0].version != VERSION or known[0].read_text("RECORD") is None:
        raise Failure(
            "file", f"pyOpenSSL {known[0].version} is not what stands in today: brisktls stand-in"
        )
    return f"pyOpenSSL {VERSION} stands in, and requires {__distribution__}"
