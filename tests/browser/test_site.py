"""The site in a real browser: nothing cut, faint or dead, and no error, in light and dark."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urldefrag

import pytest
from browser.served import BACKGROUND, CUT, FAINT, LINKS, PAGES, ROOT, SITE, served

pytestmark = pytest.mark.long
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
HOME = str(re.findall(r'^Source = "(.+)"$', PROJECT, re.MULTILINE)[0])


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if not PAGES:
        pytest.skip("the site is not built: make docs")
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: make browse")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no browser: apt-get install chromium")
    with playwright.sync_playwright() as play:
        # In a container there is no room for its own sandbox, and the pages are ours.
        started = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    with served() as url:
        yield url


class Visitor:
    """Somebody with one screen and one taste; what the console says is kept."""

    def __init__(self, browser: Any, scheme: str, screen: dict[str, int]) -> None:
        context = browser.new_context(color_scheme=scheme, viewport=screen)
        self.page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("requestfailed", lambda asked: self.complaints.append(f"lost: {asked.url}"))

    def _heard(self, message: Any) -> None:
        # Nobody has to have an icon; the browser asks for one by itself.
        if message.type in ("error", "warning") and "favicon.ico" not in str(message.location):
            self.complaints.append(f"{message.type}: {message.text}")

    def look(self, url: str) -> Any:
        """Open a page; what was complained of before is forgotten."""
        self.complaints.clear()
        answer = self.page.goto(url, wait_until="load")
        assert answer.status == 200
        return self.page


@pytest.fixture(scope="session")
def visitors(browser: Any) -> dict[str, Visitor]:
    return {
        "light": Visitor(browser, "light", DESK),
        "dark": Visitor(browser, "dark", DESK),
        "phone": Visitor(browser, "light", PHONE),
    }


@pytest.mark.parametrize("name", PAGES)
def test_a_page(name: str, visitors: dict[str, Visitor], address: str) -> None:
    found: list[str] = []
    for who, visitor in visitors.items():
        page = visitor.look(address + name)
        fine = "true" if who == "phone" else "false"
        told = page.evaluate(CUT.replace("SCROLLING_IS_FINE", fine))
        told += page.evaluate(FAINT) if who != "phone" else []
        found += [f"{who}: {each}" for each in [*told, *visitor.complaints]]
    page = visitors["light"].page
    found += [f"dead: {link}" for link in page.evaluate(LINKS) if dead(link, address)]
    assert not found, "\n".join(found)


def test_dark_is_dark_and_light_is_light(visitors: dict[str, Visitor], address: str) -> None:
    def brightness(who: str) -> float:
        colour = visitors[who].look(address + "index.html").evaluate(BACKGROUND)
        return sum(map(float, re.findall(r"[\d.]+", colour)[:3])) / 3

    assert brightness("dark") < 64
    assert brightness("light") > 192


def test_a_search_finds_a_method(visitors: dict[str, Visitor], address: str) -> None:
    page = visitors["light"].look(address + "search.html?q=set_verify")
    page.wait_for_selector("#search-results li")
    assert "set_verify" in page.inner_text("#search-results")
    assert visitors["light"].complaints == []


def test_the_checks_see_what_is_wrong(visitors: dict[str, Visitor], address: str) -> None:
    page = visitors["light"].look(address + "index.html")
    page.evaluate("""() => {
        const wide = "<table><tr><td>" + "x".repeat(900) + "</td></tr></table>";
        const faint = "<p style='color: #eee; background: #fff'>faint</p>";
        document.querySelector("article").insertAdjacentHTML("beforeend", wide + faint);
        document.querySelector("article").insertAdjacentHTML("beforeend", "<img src=/nowhere.png>");
        console.error("a fault");
    }""")
    page.wait_for_timeout(100)
    cut = page.evaluate(CUT.replace("SCROLLING_IS_FINE", "false"))
    assert any("a table is" in each for each in cut)
    assert any("no picture" in each for each in cut)
    assert any("faint" in each for each in page.evaluate(FAINT))
    assert any("a fault" in each for each in visitors["light"].complaints)
    assert dead(address + "nowhere.html", address)
    assert dead(address + "index.html#nowhere", address)
    assert dead(f"{HOME}/blob/main/nowhere", address)


_ids: dict[str, set[str]] = {}


def dead(link: str, address: str) -> bool:
    """Whether a link leads nowhere, in the site or in the tree; other sites are not asked."""
    url, place = urldefrag(link)
    if url.startswith(address):
        name = url.removeprefix(address).partition("?")[0] or "index.html"
        path = SITE / unquote(name)
        if not path.is_file():
            return True
        return bool(place) and path.suffix == ".html" and unquote(place) not in ids(name)
    tree = re.match(rf"{re.escape(HOME)}/(?:blob|tree|edit|raw)/main/([^?]+)", url)
    return bool(tree) and not (ROOT / tree[1]).exists()


def ids(name: str) -> set[str]:
    """The places of a page; its text is what the builder wrote, whatever scripts add."""
    if name not in _ids:
        text = (SITE / name).read_text(encoding="utf-8")
        _ids[name] = set(re.findall(r'\bid="([^"]+)"', text)) | {""}
    return _ids[name]
