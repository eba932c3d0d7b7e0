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


def rooms(root: Path, topic: str) -> dict[str, bool]:
    """The four places of a topic, and whether it is there."""
    pages = [root / f"docs/api/{topic}{ending}" for ending in (".md", ".rst")]
    return {
        f"src/OpenSSL/_native/{topic}.pyx": (root / f"src/OpenSSL/_native/{topic}.pyx").exists(),
        f"src/OpenSSL/_face/{topic}.py": (root / f"src/OpenSSL/_face/{topic}.py").exists(),
        f"tests/unit/test_{topic}.py": (root / f"tests/unit/test_{topic}.py").exists(),
        f"docs/api/{topic}.md": any(page.exists() for page in pages),
    }


def missing_rooms(root: Path, topics: Iterable[str]) -> list[str]:
    return [room for topic in topics for room, there in rooms(root, topic).items() if not there]


def topics_of_faces(root: Path) -> set[str]:
    """Further topics: every name that has both a native and a face room."""
    faces = {path.stem for path in (root / "src/OpenSSL/_face").glob("*.py")}
    return faces & {path.stem for path in (root / "src/OpenSSL/_native").glob("*.pyx")}


def without_stub(native: Path) -> list[str]:
    return sorted(
        path.name for path in native.glob("*.pyx") if not path.with_suffix(".pyi").exists()
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
    for folder in ("src/OpenSSL/_native", "src/OpenSSL/_face", "tests/unit", "docs/api"):
        (tmp_path / folder).mkdir(parents=True)
    native = tmp_path / "src/OpenSSL/_native"
    (native / "trust.pyx").touch()
    (tmp_path / "src/OpenSSL/_face/trust.py").touch()
    assert topics_of_faces(tmp_path) == {"trust"}
    assert missing_rooms(tmp_path, ["trust"]) == ["tests/unit/test_trust.py", "docs/api/trust.md"]
    assert without_stub(native) == ["trust.pyx"]
    (native / "trust.pyi").touch()
    (tmp_path / "tests/unit/test_trust.py").touch()
    (tmp_path / "docs/api/trust.rst").touch()
    assert missing_rooms(tmp_path, ["trust"]) == []
    assert without_stub(native) == []
