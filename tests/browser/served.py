"""The built site over HTTP, and questions that a browser answers about a page."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "docs/_build/html"

#: Pages of the site, and nothing that a theme brings along.
PAGES = sorted(
    str(page.relative_to(SITE))
    for page in SITE.rglob("*.html")
    if page.relative_to(SITE).parts[0] not in ("_static", "_modules")
)

#: What is wider than its place: the page itself, a table, a picture.
CUT = """() => {
  const cut = [];
  const root = document.scrollingElement;
  if (root.scrollWidth > window.innerWidth + 1)
    cut.push(`the page is ${root.scrollWidth} wide of ${window.innerWidth}`);
  const article = document.querySelector("article");
  const edge = article.getBoundingClientRect().right + 1;
  for (const table of article.querySelectorAll("table")) {
    // A wide table may scroll in its wrapper, which is somewhat wider than the article.
    const wrapper = table.closest(".table-wrapper");
    if (wrapper && SCROLLING_IS_FINE) continue;
    const end = wrapper ? wrapper.getBoundingClientRect().right + 1 : edge;
    const name = (table.innerText || "").slice(0, 40).replaceAll("\\n", " ");
    if (table.getBoundingClientRect().right > end || table.scrollWidth > table.clientWidth + 1)
      cut.push(`a table is ${table.scrollWidth} wide: ${name}`);
  }
  for (const picture of article.querySelectorAll("img")) {
    if (!picture.naturalWidth) cut.push(`no picture: ${picture.src}`);
    if (picture.getBoundingClientRect().right > edge) cut.push(`cut: ${picture.src}`);
  }
  return cut;
}"""

#: Words that are hard to read: less contrast to what is behind them than WCAG's 4.5.
FAINT = """() => {
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const part = each => (each /= 255) <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = element => {
    for (let each = element; each; each = each.parentElement) {
      const colour = numbers(getComputedStyle(each).backgroundColor);
      if (colour.length < 4 || colour[3] == 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = new Set();
  for (const each of document.querySelectorAll("article p, article li, article td, article th, "
      + "article a, article code, article h1, article h2, article dt, .sidebar-tree a")) {
    if (!each.innerText || !each.checkVisibility({opacityProperty: true, visibilityProperty: true}))
      continue;
    const [a, b] = [light(numbers(getComputedStyle(each).color)), light(behind(each))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5)
      faint.add(`${each.tagName}.${each.className} ${contrast.toFixed(1)}: `
        + each.innerText.slice(0, 30));
  }
  return [...faint];
}"""

#: Every link, as the browser resolved it.
LINKS = "() => [...document.querySelectorAll('a[href]')].map(each => each.href)"
BACKGROUND = "() => getComputedStyle(document.body).backgroundColor"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *unused: object) -> None:
        pass


@contextlib.contextmanager
def served() -> Iterator[str]:
    """The site on a port of this machine; its address."""
    handler = partial(_Quiet, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
