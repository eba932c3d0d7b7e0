"""Write the stubs of the native core, a .pyi beside each .pyx, from its annotations.

``python tools/make_stubs.py`` writes the files; with ``--check`` it writes nothing and fails
when one of them is not what its .pyx says.  Cython's own parser reads the .pyx.

A parameter's type is its annotation, and else what its C type means to Python.  What a
function returns always stands there as an annotation.  A docstring is copied where there is one.
"""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: Cython's parser; it has no types.
ExprNodes: Any = importlib.import_module("Cython.Compiler.ExprNodes")
Main: Any = importlib.import_module("Cython.Compiler.Main")
Nodes: Any = importlib.import_module("Cython.Compiler.Nodes")
Scanning: Any = importlib.import_module("Cython.Compiler.Scanning")
Symtab: Any = importlib.import_module("Cython.Compiler.Symtab")

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "src/OpenSSL/_native"
#: The stubs that have another origin: tools/make_constants.py, and Cython's own module.
OTHERS = {"constants.pyi", "core.pyi"}

#: What C types are to Python.  An object may be None unless the .pyx says ``not None``.
NUMBERS = {"bint": "bool", "double": "float"}
OBJECTS = {"bytes", "str", "list", "dict", "tuple", "type"}
#: Where the names of annotations come from, beside the .pyx and what it cimports.
ORIGINS = {
    **dict.fromkeys(("Any", "Final", "NoReturn", "TypeVar", "final"), "typing"),
    **dict.fromkeys(("Callable", "Iterable", "Sequence"), "collections.abc"),
    **dict.fromkeys(("Buffer", "PassphraseHook", "SocketLike", "WritableBuffer"), "OpenSSL._types"),
}
#: Type variables and their bounds.
VARIABLES = {"_Error": "BaseException"}
#: Special methods that Python code neither calls nor overrides.
HIDDEN = {"__cinit__", "__dealloc__", "__reduce__"}
#: Classes of the core and their modules, for annotations of what is not cimported.
CLASSES = {
    name: ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
    for path in sorted(CORE.glob("*/*.pyx"))
    for name in re.findall(r"^cdef class (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
}
NONE = "# Nothing of this module is visible to Python.\n"


class Stub:
    """One .pyx as a stub."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.module = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
        self.body = parse(path).body
        self.known = dict(self.cimported(self.body))
        self.own = {node.class_name for node in self.all_of(Nodes.CClassDefNode)}
        self.used: dict[str, str] = {}
        self.readable = dict(self.read_only())

    def read_only(self) -> Iterator[tuple[str, list[str]]]:
        """What each class lets Python read, as the .pxd declares it."""
        path = self.path.with_suffix(".pxd")
        for node in flat(parse(path).body) if path.exists() else ():
            if isinstance(node, Nodes.CClassDefNode) and node.body is not None:
                yield node.class_name, [*self.properties(node.body)]

    def properties(self, body: Any) -> Iterator[str]:
        """The lines of what a class declares as readonly."""
        for node in flat(body):
            if isinstance(node, Nodes.CVarDefNode) and node.visibility == "readonly":
                told = NUMBERS.get(node.base_type.name, "int")
                for declarator in node.declarators:
                    yield from ("@property", f"def {declarator.name}(self) -> {told}: ...")

    def all_of(self, kind: type) -> Iterator[Any]:
        """The statements of one kind at the top."""
        yield from (node for node in flat(self.body) if isinstance(node, kind))

    def cimported(self, body: Any) -> Iterator[tuple[str, tuple[str, str]]]:
        """Names, and the module and name that they stand for; the name of a module has no name."""
        for node in flat(body):
            if isinstance(node, Nodes.CImportStatNode):
                yield str(node.as_name or node.module_name), (str(node.module_name), "")
            elif isinstance(node, Nodes.FromCImportStatNode):
                for _, name, as_name in node.imported_names:
                    yield str(as_name or name), (str(node.module_name), str(name))

    # ---- types

    def use(self, name: str) -> str:
        """A name as the stub has it; remembers where it is to be imported from."""
        first, _, rest = name.partition(".")
        if rest and first in self.known:  # a class of a module that is cimported whole
            self.used[rest] = self.known[first][0]
            return rest
        if name in VARIABLES:
            self.used["TypeVar"] = ORIGINS["TypeVar"]
        elif name in ORIGINS:
            self.used[name] = ORIGINS[name]
        elif name not in self.own:
            module = self.known[name][0] if name in self.known else CLASSES.get(name)
            if module is not None:
                self.used[name] = module
        return name

    def annotated(self, node: Any) -> str:
        """An annotation as the stub has it."""
        text = str(node.string.value)
        for name in names_in(text):
            new = self.use(name)
            if new != name:
                text = text.replace(name, new)
        return text

    def type_of(self, argument: Any) -> str:
        """The type of a parameter."""
        if argument.annotation is not None:
            return self.annotated(argument.annotation)
        base = argument.base_type
        name = ".".join([*getattr(base, "module_path", ()), base.name or "object"])
        if base.is_basic_c_type and name not in OBJECTS | {"object"}:
            return NUMBERS.get(name, "int")
        if name == "object":
            return "object"
        if name.endswith("_t"):
            return "int"
        told = name if name in OBJECTS else self.use(name)
        return told if argument.not_none else f"{told} | None"

    # ---- what there is

    def function(self, node: Any, method: bool) -> Iterator[str]:
        """The lines of a function."""
        for decorator in node.decorators or ():
            if getattr(decorator.decorator, "name", "") == "property":
                yield "@property"
        words = []
        for number, argument in enumerate(node.args):
            declarator = argument.declarator
            name = declarator.name or argument.base_type.name
            if method and number == 0:
                words.append(name)
                continue
            default = "" if argument.default is None else f" = {value_of(argument.default)}"
            words.append(f"{name}: {self.type_of(argument)}{default}")
        told = "None" if node.name == "__init__" else None
        if node.return_type_annotation is not None:
            told = self.annotated(node.return_type_annotation)
        if told is None:
            raise SystemExit(f"{self.path}: {node.name} does not say what it returns")
        yield f"def {node.name}({', '.join(words)}) -> {told}:"
        yield from indented(document(node.doc) or ["..."])

    def members(self, node: Any) -> Iterator[str]:
        """The lines of what a class has."""
        yield from document(node.doc)
        for each in flat(node.body):
            if isinstance(each, Nodes.DefNode) and each.name not in HIDDEN:
                yield from self.function(each, True)
        yield from self.readable.get(node.class_name, ())

    def klass(self, node: Any) -> Iterator[str]:
        """The lines of a class."""
        for decorator in node.decorators or ():
            if getattr(decorator.decorator, "attribute", "") == "final":
                yield f"@{self.use('final')}"
        bases = [self.use(dotted(base)) for base in getattr(node.bases, "args", ())]
        yield f"class {node.class_name}{'(' + ', '.join(bases) + ')' if bases else ''}:"
        yield from indented(list(self.members(node)) or ["..."])

    def lines(self) -> Iterator[str]:
        """The lines of the stub, without its imports."""
        for node in flat(self.body):
            if isinstance(node, Nodes.CClassDefNode):
                yield from self.klass(node)
            elif isinstance(node, Nodes.DefNode) and not node.name.startswith("_"):
                yield from self.function(node, False)
            elif isinstance(node, Nodes.SingleAssignmentNode) and node.lhs.annotation:
                yield f"{node.lhs.name}: {self.annotated(node.lhs.annotation)}"

    def text(self) -> str:
        """The whole stub, not formatted yet."""
        body = "\n".join(self.lines())
        head = [f"# Written by tools/make_stubs.py from {self.path.name}."]
        origins: dict[str, list[str]] = {}
        for name, module in self.used.items():
            if module != self.module:
                origins.setdefault(module, []).append(name)
        # Names of modules are in order; the standard library's stand apart.
        foreign = sorted(module for module in origins if not module.startswith("OpenSSL"))
        ours = sorted(module for module in origins if module.startswith("OpenSSL"))
        for group in (foreign, ours):
            if group:
                head.append("")
            head += [f"from {each} import {', '.join(sorted(origins[each]))}" for each in group]
        head += [
            f'{name} = TypeVar("{name}", bound={bound})'
            for name, bound in VARIABLES.items()
            if name in body
        ]
        return "\n".join([*head, "", body or NONE, ""])


def parse(path: Path) -> Any:
    """Cython's tree of a .pyx or .pxd."""
    context = Main.Context.from_options(Main.CompilationOptions(language_level=3))
    told = str(path)
    scope = Symtab.ModuleScope(path.stem, None, context)
    source = Scanning.FileSourceDescriptor(told, told)
    shared = path.suffix == ".pxd"
    return context.parse(source, scope, pxd=shared, full_module_name=path.stem)


def flat(body: Any) -> Iterator[Any]:
    """The statements of a block, and of the blocks that only group them."""
    for node in getattr(body, "stats", (body,)):
        if isinstance(node, Nodes.StatListNode):
            yield from flat(node)
        else:
            yield node


def dotted(node: Any) -> str:
    """A name with the modules before it."""
    if isinstance(node, ExprNodes.AttributeNode):
        return f"{dotted(node.obj)}.{node.attribute}"
    return str(node.name)


def names_in(text: str) -> list[str]:
    """The names in an annotation, dotted ones whole."""
    marks = str.maketrans(dict.fromkeys("[]|,", " "))
    return [word for word in text.translate(marks).split() if word[0].isalpha() or word[0] == "_"]


def value_of(node: Any) -> str:
    """A default as the stub has it."""
    if isinstance(node, ExprNodes.NoneNode):
        return "None"
    return str(node.value)


def document(text: str | None) -> list[str]:
    """The lines of a docstring; none where there is none."""
    if text is None:
        return []
    first, newline, rest = str(text).partition("\n")
    rest = textwrap.dedent(rest)
    return f'"""{first}{newline}{rest}"""'.splitlines()


def indented(lines: list[str]) -> Iterator[str]:
    """Lines, one level deeper."""
    yield from (f"    {line}" if line else "" for line in lines)


def formatted(texts: dict[Path, str]) -> dict[Path, str]:
    """The same, as the project's formatter writes it."""
    ruff = str(Path(sysconfig.get_path("scripts")) / "ruff")
    with tempfile.TemporaryDirectory() as folder:
        written = {path: Path(folder) / f"{n}.pyi" for n, path in enumerate(texts)}
        for path, copy in written.items():
            copy.write_text(texts[path], encoding="utf-8")
        options = ["--quiet", "--isolated", "--line-length", "100", "--target-version", "py310"]
        subprocess.run([ruff, "format", *options, folder], check=True)
        return {path: copy.read_text(encoding="utf-8") for path, copy in written.items()}


def stubs() -> dict[Path, str]:
    """What each stub should be."""
    return formatted(
        {
            path.with_suffix(".pyi"): Stub(path).text()
            for path in sorted(CORE.glob("*/*.pyx"))
            if path.with_suffix(".pyi").name not in OTHERS
        }
    )


def main() -> int:
    """Write the stubs that are out of date, or only name them."""
    stale = [
        (path, text)
        for path, text in stubs().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        print(path.relative_to(ROOT))
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
    return 1 if stale and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
