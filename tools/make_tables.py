"""Write the names of tests into the tables of the docs, from the marks on the tests.

``python tools/make_tables.py`` writes the pages; with ``--check`` it writes nothing and fails
when one of them is not what the marks say.  A row is found by how its first cell begins, without
backticks; its last cell is made of the tests that are marked with that beginning.  What else
stands there, a file of tests or a ``make`` target, stays.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
CELLS = re.compile(r"(?<!\\)\|")


class Test(NamedTuple):
    """A test that is marked."""

    path: Path
    name: str

    @property
    def topic(self) -> str:
        """What its file is about."""
        return self.path.stem.removeprefix("test_")


class Page(NamedTuple):
    """A page, the mark of the tests that it names, and how it names them."""

    path: Path
    mark: str
    columns: int
    form: str  # of `topic` and `name`


PAGES = (
    Page(ROOT / "docs/inside/reference.md", "promises", 3, "{topic}::{name}"),
    Page(ROOT / "docs/differences.md", "differs", 5, "{name}"),
)


def marked(mark: str, files: Mapping[Path, str]) -> dict[str, list[Test]]:
    """The tests of each beginning in a mark, in the order of their files and lines."""
    found: dict[str, list[Test]] = {}
    for path, text in sorted(files.items()):
        if f"mark.{mark}(" not in text:
            continue
        nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, FUNCTIONS)]
        for node in sorted(nodes, key=lambda each: each.lineno):
            for each in node.decorator_list:
                if isinstance(each, ast.Call) and ast.unparse(each.func) == f"pytest.mark.{mark}":
                    for argument in each.args:
                        tests = found.setdefault(ast.literal_eval(argument), [])
                        tests.append(Test(path, node.name))
    return found


def plain(cell: str) -> str:
    """A first cell as marks begin it."""
    return cell.replace("`", "").strip()


def rows(page: Page, text: str) -> Iterator[tuple[int, list[str]]]:
    """The number and the cells of each line of the tables, headings left out."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if not line.startswith("| ") or (
            lines[number + 1 : number + 2] and re.fullmatch(r"[|-]+", lines[number + 1])
        ):
            continue
        cells = [cell.strip() for cell in CELLS.split(line)[1:-1]]
        if len(cells) == page.columns:
            yield number, cells


def row_of(beginning: str, firsts: list[str]) -> int:
    """Which row a mark means.  Raises ValueError unless it is exactly one."""
    same = [number for number, first in enumerate(firsts) if first == beginning]
    like = [number for number, first in enumerate(firsts) if first.startswith(beginning)]
    if len(same or like) != 1:
        raise ValueError(f"{len(same or like)} rows begin with {beginning!r}")
    return (same or like)[0]


def written(page: Page, text: str, tests: Mapping[str, list[Test]], names: set[str]) -> str:
    """The page as it should be; ``names`` are those of all tests."""
    found = list(rows(page, text))
    firsts = [plain(cells[0]) for _, cells in found]
    held: dict[int, list[Test]] = {}
    for beginning, each in tests.items():
        held.setdefault(row_of(beginning, firsts), []).extend(each)
    lines = text.splitlines()
    for number, (line, cells) in enumerate(found):
        items = [
            f"`{page.form.format(topic=test.topic, name=test.name)}`"
            for test in dict.fromkeys(held.get(number, ()))
        ]
        items += [
            item
            for item in cells[-1].split(", ")
            if item.strip("`").rpartition("::")[2] not in names
        ]
        lines[line] = f"| {' | '.join([*cells[:-1], ', '.join(filter(None, items))])} |"
    return "\n".join(lines) + "\n"


def sources() -> dict[Path, str]:
    """The files of tests and what is in them."""
    return {path: path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py")}


def pages() -> dict[Path, str]:
    """What each page should be."""
    files = sources()
    names = {name for text in files.values() for name in re.findall(r"def (test_\w+)\(", text)}
    return {
        page.path: written(
            page, page.path.read_text(encoding="utf-8"), marked(page.mark, files), names
        )
        for page in PAGES
    }


def main() -> int:
    """Write the pages that are out of date, or only name them."""
    stale = [
        (path, text) for path, text in pages().items() if path.read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        print(path.relative_to(ROOT))
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
    return 1 if stale and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
