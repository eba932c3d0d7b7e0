"""The README as people meet it elsewhere: on an index there is no other file beside it."""

from __future__ import annotations

import re

import pytest
from reading import ROOT

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
#: What stands in [project.urls]; Python 3.10 has no reader of TOML.
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
URLS = dict(re.findall(r'^(\w+) = "(https://.+)"$', PROJECT, re.MULTILINE))
HOME = URLS["Source"]
WITHOUT_CODE = re.sub(r"^```.*?^```", "", TEXT, flags=re.DOTALL | re.MULTILINE)
LINKS = re.findall(r"(!?)\[[^\]]*\]\(([^)\s]+)\)", WITHOUT_CODE)


def place(link: str) -> str:
    """The path in the tree that a link into the repository names."""
    owner = HOME.removeprefix("https://github.com/")
    raw = f"https://raw.githubusercontent.com/{owner}/main/"
    if link.startswith(raw):
        return link.removeprefix(raw)
    found = re.fullmatch(rf"{re.escape(HOME)}/(?:blob|tree)/main/([^#]+)(?:#.*)?", link)
    assert found is not None, f"{link} leads nowhere that is known here"
    return found[1]


def test_the_project_names_where_it_is() -> None:
    assert {"Homepage", "Documentation", "Changelog", "Issues", "Source"} <= set(URLS)
    assert all(url.startswith(HOME) for url in URLS.values())
    assert (ROOT / place(URLS["Documentation"])).is_file()
    assert (ROOT / place(URLS["Changelog"])).is_file()
    assert re.search(r"^maintainers = \[\{ name = ", PROJECT, re.MULTILINE)


@pytest.mark.parametrize(("image", "link"), LINKS)
def test_a_link_of_the_readme_works_on_an_index(image: str, link: str) -> None:
    path = ROOT / place(link)
    assert path.exists()
    # A page about a picture is no picture.
    assert bool(image) == link.startswith("https://raw.")
    if not image:
        assert ("/tree/" in link) == path.is_dir()


def test_the_readme_shows_the_command_and_the_speed() -> None:
    shown = {place(link) for image, link in LINKS if image}
    assert {"docs/connect.svg", "benchmarks/results/latest.png"} <= shown


def test_nothing_is_installed_from_an_index_that_has_it_not() -> None:
    """Until there is a release, `pip install brisktls` finds nothing, or a stranger's."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("src/**/*.py")]
    told = [
        f"{page.relative_to(ROOT)}: {line.strip()}"
        for page in pages
        for line in page.read_text(encoding="utf-8").splitlines()
        if re.search(r"pip install (?:-\S+ )*'?brisktls(?!-\*)", line)
        and "finds nothing" not in line
    ]
    assert told == []
