"""Directives that describe a whole topic, so that what is new appears by itself.

``.. methods:: trust Context`` gives the methods of SSL.Context from the file trust.py,
``.. names:: certificates`` the public names of crypto from certificates.py, and
``.. table-of-methods:: Context`` one line for each method of all topics.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from OpenSSL import SSL, crypto


def topics(kind: type) -> dict[str, list[str]]:
    """Each topic of a class -> its public methods and properties, in their order.

    What the native classes bring themselves, the hot path, is the class's own topic.
    """
    found: dict[str, list[str]] = {}
    seen: set[str] = set()
    for base in kind.__mro__:
        if not base.__module__.startswith("OpenSSL."):
            continue
        # The native classes, and the class itself, which has the name of a public module.
        native = base is kind or base.__module__.startswith("OpenSSL._native.")
        topic = kind.__name__.lower() if native else base.__module__.rpartition(".")[2]
        for name, value in vars(base).items():
            if (
                not name.startswith("_")
                and name not in seen
                and (callable(value) or isinstance(value, property))
            ):
                seen.add(name)
                found.setdefault(topic, []).append(name)
    return found


def names(topic: str) -> list[str]:
    """The public names that a topic gives to ``OpenSSL.crypto``, classes first."""
    own = importlib.import_module(f"OpenSSL._face.crypto.{topic}").__all__
    found = [each for each in own if each in crypto.__all__ and callable(getattr(crypto, each))]
    return sorted(found, key=lambda each: not isinstance(getattr(crypto, each), type))


class Methods(SphinxDirective):
    """Describe the methods of a topic."""

    required_arguments = 2

    def run(self) -> list[nodes.Node]:
        """Answer one description for each method."""
        topic, name = self.arguments
        methods = topics(getattr(SSL, name)).get(topic)
        if not methods:
            raise self.error(f"{name} has no methods of the topic {topic}")
        lines = [".. currentmodule:: OpenSSL.SSL", ""]
        for each in methods:
            is_property = isinstance(getattr(getattr(SSL, name), each), property)
            lines += [f".. auto{'property' if is_property else 'method'}:: {name}.{each}"]
        return self.parse_text_to_nodes(StringList(lines, source=self.env.docname))


class Table(SphinxDirective):
    """A table of all methods of a class: name, topic, and the first line of its contract."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Answer the table, in the order of the names."""
        (name,) = self.arguments
        kind = getattr(SSL, name)
        shown = described(Path(self.env.srcdir) / "api", name)
        pages = {each: shown[topic] for topic, members in topics(kind).items() for each in members}
        lines = [".. list-table::", "   :header-rows: 1", "   :class: methods", ""]
        lines += ["   * - name", "     - page", "     - what it does"]
        for each in sorted(pages):
            role = "attr" if isinstance(getattr(kind, each), property) else "meth"
            lines.append(f"   * - :{role}:`~OpenSSL.SSL.{name}.{each}`")
            lines.append(f"     - :doc:`{pages[each]}`")
            lines.append(f"     - {summary(getattr(kind, each))}")
        return self.parse_text_to_nodes(StringList(lines, source=self.env.docname))


def described(folder: Path, name: str) -> dict[str, str]:
    """Each topic of a class -> the page that describes it."""
    return {
        topic: page.relative_to(folder).with_suffix("").as_posix()
        for page in folder.rglob("*.md")
        for topic in re.findall(rf"^\.\. methods:: (\w+) {name}$", page.read_text("utf-8"), re.M)
    }


def summary(method: object) -> str:
    """The first sentence of a docstring, on one line."""
    first = (inspect.getdoc(method) or "").split("\n\n")[0]
    return " ".join(first.split())


class Names(SphinxDirective):
    """Describe what a topic gives to ``OpenSSL.crypto``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Answer one description for each name."""
        (topic,) = self.arguments
        lines: list[str] = []
        for each in names(topic):
            value = getattr(crypto, each)
            if not isinstance(value, type):
                lines += [f".. autofunction:: OpenSSL.crypto.{each}"]
            elif issubclass(value, Exception):
                lines += [f".. autoexception:: OpenSSL.crypto.{each}"]
            else:
                lines += [f".. autoclass:: OpenSSL.crypto.{each}", "   :members:"]
        if not lines:
            raise self.error(f"nothing in OpenSSL.crypto comes from {topic}")
        return self.parse_text_to_nodes(StringList(lines, source=self.env.docname))


def mark_foundation(
    _app: Sphinx, _what: str, _name: str, _obj: Any, _options: Any, lines: list[str]
) -> None:
    """Give the last line of a docstring, the C function it stands on, a paragraph of its own."""
    while lines and not lines[-1].strip():
        lines.pop()
    if lines and lines[-1].startswith("``") and len(lines) > 1 and lines[-2].strip():
        lines.insert(-1, "")
    lines.append("")


def source(name: str, root: Path) -> str | None:
    """The place of a public name's source: a path from the root, with its lines where known."""
    module, _, rest = name.partition(":")
    found: Any = sys.modules.get(module)
    for part in rest.split("."):
        found = inspect.getattr_static(found, part, None) or getattr(found, part, None)
    found = inspect.unwrap(getattr(found, "fget", None) or getattr(found, "__func__", found))
    # Cython's functions have a code object too, which knows their .pyx file.
    code = getattr(found, "__code__", None)
    if isinstance(found, type):
        # A class says that it is of the public module; its methods know where they were written.
        codes = [getattr(each, "__code__", None) for each in vars(found).values()]
        code = next(filter(None, codes), None)
    place = Path(code.co_filename) if code else Path()
    path = (place if place.is_absolute() else root / place).resolve()
    if path.suffix not in (".py", ".pyx") or root.resolve() not in path.parents:
        return None
    line = code.co_firstlineno
    if isinstance(found, type):
        begun = f"class {found.__name__}"
        text = path.read_text("utf-8").splitlines()
        line = next((number for number, each in enumerate(text, 1) if begun in each), 1)
    return f"{path.relative_to(root.resolve()).as_posix()}#L{line}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx about them."""
    app.add_directive("methods", Methods)
    app.add_directive("names", Names)
    app.add_directive("table-of-methods", Table)
    app.connect("autodoc-process-docstring", mark_foundation)
    return {"parallel_read_safe": True}
