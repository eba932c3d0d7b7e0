"""Every example of the documentation runs, and every name of the package is described."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from kit.examples import Block, blocks, links, make_files, same
from kit.patience import PATIENCE
from OpenSSL import SSL, crypto
from OpenSSL._command.failures import KINDS

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
#: Run by tests/adapters/test_page.py, because its examples need the programs of others, and
#: by test_howtos.py.
ELSEWHERE = {DOCS / "using.md", DOCS / "guide.md", DOCS / "errors.md", *DOCS.glob("howto/*.md")}
PROGRAMS = [
    page
    for page in PAGES
    if page not in ELSEWHERE
    and any(each.language == "python" for each in blocks(page.read_text(encoding="utf-8")))
]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the page about trial certificates makes."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl program")
    folder = tmp_path_factory.mktemp("files")
    make_files(folder)
    return folder


@pytest.mark.parametrize("page", PROGRAMS, ids=name)
def test_a_page_runs(page: Path, files: Path, tmp_path: Path) -> None:
    folder = tmp_path / "page"
    shutil.copytree(files, folder)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "kit.examples", str(page)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_there_are_programs():
    names = {name(page) for page in PROGRAMS}
    assert {"README.md", "docs/migrating-from-pyopenssl.md"} <= names


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    lost = [link for link in links(text) if not (page.parent / link.split("#")[0]).exists()]
    assert lost == []


# ---- every name has its place


@pytest.fixture(scope="session")
def topics() -> ModuleType:
    """The extension that describes a topic's names."""
    place = spec_from_file_location("topics", DOCS / "_ext/topics.py")
    assert place is not None
    assert place.loader is not None
    module = module_from_spec(place)
    place.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def reference() -> str:
    """All pages of the reference."""
    return "\n".join(page.read_text(encoding="utf-8") for page in sorted(DOCS.glob("api/**/*.md")))


@pytest.mark.parametrize("kind", [SSL.Context, SSL.Connection])
def test_every_method_is_on_the_page_of_its_topic(
    kind: type, topics: ModuleType, reference: str
) -> None:
    shown = set(re.findall(rf"^\.\. methods:: (\w+) {kind.__name__}$", reference, re.M))
    assert set(topics.topics(kind)) == shown


@pytest.mark.parametrize("kind", [SSL.Context, SSL.Connection])
def test_every_method_has_a_line_in_the_table(kind: type, topics: ModuleType) -> None:
    pages = topics.described(DOCS / "api", kind.__name__)
    for topic, members in topics.topics(kind).items():
        assert (DOCS / f"api/{pages[topic]}.md").is_file()
        for each in members:
            first = topics.summary(getattr(kind, each))
            assert first.endswith("."), f"{each}: {first}"


def test_sources_are_found(topics: ModuleType) -> None:
    place, _, line = str(topics.source("OpenSSL.SSL:Context.set_verify", ROOT)).partition("#L")
    lines = (ROOT / place).read_text(encoding="utf-8").splitlines()
    assert "def set_verify(" in "".join(lines[int(line) - 1 : int(line) + 1])
    place, _, line = str(topics.source("OpenSSL.SSL:Context", ROOT)).partition("#L")
    assert "class Context(" in (ROOT / place).read_text("utf-8").splitlines()[int(line) - 1]
    assert topics.source("OpenSSL.SSL:nothing", ROOT) is None


@pytest.mark.parametrize("module", [SSL, crypto])
def test_every_public_name_is_described(
    module: ModuleType, topics: ModuleType, reference: str
) -> None:
    shown = set(re.findall(r"^\.\. (?:auto|py:)\w+:: OpenSSL\.\w+\.(\w+)$", reference, re.M))
    shown |= set(re.findall(r"^\| `(\w+)` \|", reference, re.M))  # the table of constants
    index = (DOCS / "api/index.md").read_text(encoding="utf-8")
    shown |= set(re.findall(r"`(?:SSL\.)?(\w+)`", index))  # old names of classes
    for topic in re.findall(r"^\.\. names:: (\w+)$", reference, re.M):
        shown |= set(topics.names(topic))
    assert set(module.__all__) - shown == set()


def test_exit_statuses_are_the_commands():
    page = (DOCS / "command-line.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\| (\d+) \| `(.+)` \| (.+) \|$", page, re.M)
    told = [(str(each.status), kind, each.meaning) for kind, each in KINDS.items()]
    assert shown == told


# ---- the runner itself

PAGE = """# A page

```python
a = 1
```

<!-- example: new program -->

```python
a = 2
```

<!-- example: not shown
a = 3
-->

<!-- example: prints -->
Words between make a mark void.

```text
x
```
"""


def test_blocks_are_found_with_their_marks():
    assert blocks(PAGE) == [
        Block("python", "", 4, "a = 1\n"),
        Block("python", "new program", 10, "a = 2\n"),
        Block("python", "", 14, "a = 3\n"),
        Block("text", "", 21, "x\n"),
    ]


def test_an_unknown_mark_is_refused():
    with pytest.raises(ValueError, match="no such mark"):
        blocks("<!-- example: skip -->\n")


def test_dots_stand_for_anything():
    assert same("TLSv1.3 in 0.2 s\n", "TLSv1.3 in ... s")
    assert not same("TLSv1.2 in 0.2 s\n", "TLSv1.3 in ... s")


@pytest.mark.parametrize(
    "code",
    [
        "raise ValueError",
        "import warnings; warnings.warn('old', DeprecationWarning)",
        "import threading\nt = threading.Thread(target=int, args=['x'])\nt.start()\nt.join()",
    ],
)
def test_a_page_that_fails_is_seen(code: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"```python\n{code}\n```\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "kit.examples", str(page)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
