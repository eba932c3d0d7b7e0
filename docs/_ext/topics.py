"""Two directives that describe a whole topic, so that what is new appears by itself.

``.. methods:: trust Context`` gives the methods of SSL.Context from the file trust.py,
``.. names:: certificates`` the public names of crypto from certificates.py.
"""

from __future__ import annotations

import importlib
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
    own = importlib.import_module(f"OpenSSL._face.{topic}").__all__
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
    """Set the last line of a docstring, the C function it stands on, in code letters."""
    while lines and not lines[-1].strip():
        lines.pop()
    if lines and lines[-1].rstrip(".").endswith(")") and "``" not in lines[-1]:
        functions = [each.strip() for each in lines[-1].rstrip(".").split(",")]
        if all(each.endswith(")") and " " not in each for each in functions):
            lines[-1] = ", ".join(f"``{each}``" for each in functions)
    if lines and lines[-1].startswith("``") and len(lines) > 1 and lines[-2].strip():
        lines.insert(-1, "")
    lines.append("")


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx about them."""
    app.add_directive("methods", Methods)
    app.add_directive("names", Names)
    app.connect("autodoc-process-docstring", mark_foundation)
    return {"parallel_read_safe": True}
