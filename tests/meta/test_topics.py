"""Law 5: one topic, one name, in native, face, tests and docs; a stub beside each native file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from reading import NATIVE, ROOT

TOPICS = (
    "credentials",
    "trust",
    "negotiation",
    "sessions",
    "observers",
    "stapling",
    "ocsp",
    "datagram",
    "peer",
    "secrets",
    "kernel_tls",
)


#: The folders of the package, its tests and its pages.
FOLDERS = ("common", "crypto", "ssl")
#: What is read from an address is a thing of OpenSSL.crypto, and given to a Context by its face.
APART = {"uris"}


def folder_of(root: Path, topic: str) -> str:
    """The folder that a topic has everywhere, by its face."""
    return next(
        (each for each in FOLDERS if (root / f"src/OpenSSL/_face/{each}/{topic}.py").exists()),
        "ssl",
    )


def rooms(root: Path, topic: str) -> dict[str, bool]:
    """The four places of a topic, and whether it is there."""
    folder = folder_of(root, topic)
    native = "crypto" if topic in APART else folder
    places = [
        f"src/OpenSSL/_native/{native}/{topic}.pyx",
        f"src/OpenSSL/_face/{folder}/{topic}.py",
        f"tests/unit/{folder}/test_{topic}.py",
        f"docs/api/{folder}/{topic}.md",
    ]
    return {place: (root / place).exists() for place in places}


def missing_rooms(root: Path, topics: Iterable[str]) -> list[str]:
    return [room for topic in topics for room, there in rooms(root, topic).items() if not there]


def topics_of_faces(root: Path) -> set[str]:
    """Further topics: every name that has both a native and a face room."""
    faces = {path.stem for path in (root / "src/OpenSSL/_face").glob("*/*.py")}
    return faces & {path.stem for path in (root / "src/OpenSSL/_native").glob("*/*.pyx")}


def without_stub(native: Path) -> list[str]:
    return sorted(
        path.name for path in native.glob("*/*.pyx") if not path.with_suffix(".pyi").exists()
    )


def test_every_topic_has_its_four_rooms():
    # The pages come together, with the index that leads to them.
    documented = (ROOT / "docs/api/index.md").exists()
    missing = missing_rooms(ROOT, TOPICS)
    assert [room for room in missing if documented or not room.startswith("docs/")] == []


def test_every_further_topic_has_its_page():
    if (ROOT / "docs/api/index.md").exists():
        missing = missing_rooms(ROOT, sorted(topics_of_faces(ROOT)))
        assert [room for room in missing if room.startswith("docs/")] == []


def test_every_native_file_has_its_stub():
    assert without_stub(NATIVE) == []


def test_the_checks_see_a_missing_room_and_a_missing_stub(tmp_path):
    native, face, tests, docs = (
        tmp_path / each / "ssl"
        for each in ("src/OpenSSL/_native", "src/OpenSSL/_face", "tests/unit", "docs/api")
    )
    for folder in (native, face, tests, docs):
        folder.mkdir(parents=True)
    (native / "trust.pyx").touch()
    (face / "trust.py").touch()
    assert topics_of_faces(tmp_path) == {"trust"}
    missing = ["tests/unit/ssl/test_trust.py", "docs/api/ssl/trust.md"]
    assert missing_rooms(tmp_path, ["trust"]) == missing
    assert without_stub(native.parent) == ["trust.pyx"]
    (native / "trust.pyi").touch()
    (tests / "test_trust.py").touch()
    (docs / "trust.md").touch()
    assert missing_rooms(tmp_path, ["trust"]) == []
    assert without_stub(native.parent) == []
