"""Law 1: data flows down to names, up to faces; every import and cimport is read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from reading import NATIVE, code_of, sources, statements

TABLES, CORE, FACES, WINDOWS, ADAPTERS = range(5)
#: The folders of the core and of the faces: each may stand on those before it.
FOLDERS = ("common", "crypto", "ssl")
PACKAGES = {
    *("", "_native", "_face"),
    *(f"{package}.{each}" for package in ("_native", "_face") for each in FOLDERS),
}
#: Modules on the lowest floor: they import nothing of the package.
NAMES = {"_advice", "_details", "_exceptions", "_types", "_sentinels", "version", "__init__"}
#: What lies below every native module: declarations, and the library that holds them all.
DECLARATIONS = {
    *("libcrypto", "libssl", "lock", "platform", "compat", "ticket_ring"),
    *("common", "crypto", "ssl"),
    *("__init__", "core"),
}
#: What is inline alone, in a .pxd: it stands right below the module that it is built into.
INLINE = {"following": "bio", "spilling": "bio"}
SHOP_WINDOWS = {"SSL", "crypto", "rand", "debug"}
#: What a shop window hands on when it is asked, without importing it before.
HANDED_ON = {
    ("SSL", "_cffi_names.private_names"),
    ("crypto", "_cffi_names.private_names"),
    ("_face.ssl.context", "_bridge"),
    ("_face.ssl.context", "_bridge.contexts"),
}


def module_of(path: str) -> str:
    """``_native/common/errors.pyx`` -> ``_native.common.errors``."""
    return ".".join(PurePosixPath(path).with_suffix("").parts)


def floor(module: str) -> int:
    parts = module.split(".")
    if parts[0] == "_native":
        return CORE
    if parts[0] == "_face":
        return FACES
    if module in NAMES:
        return TABLES
    return WINDOWS if module in SHOP_WINDOWS else ADAPTERS


def folder(module: str) -> int:
    """The place of a module's folder; what is in none of them stands on all."""
    parts = module.split(".")
    return FOLDERS.index(parts[1]) if len(parts) > 2 and parts[1] in FOLDERS else len(FOLDERS)


def for_types_only(tree: ast.AST) -> set[int]:
    """The lines of imports that only type checkers see."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            for inner in node.body:
                found |= {each.lineno for each in ast.walk(inner) if hasattr(each, "lineno")}
    return found


def python_imports(module: str, text: str) -> Iterator[tuple[int, str]]:
    """Each module of the package that Python source imports, at any depth."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "OpenSSL":
                    yield node.lineno, alias.name.removeprefix("OpenSSL").lstrip(".")
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = ["OpenSSL", *module.split(".")][: -node.level]
                base = ".".join([*parent, base] if base else parent)
            if base.split(".")[0] == "OpenSSL":
                inner = base.removeprefix("OpenSSL").lstrip(".")
                yield from named(node.lineno, inner, [alias.name for alias in node.names])


def cython_imports(module: str, text: str) -> Iterator[tuple[int, str]]:
    """The same for Cython source, cimports included."""
    for number, line in statements(text):
        match = re.match(r"\s*from\s+(OpenSSL[\w.]*)\s+c?import\s+(.*)", line)
        if match:
            names = [
                each.split()[0] for each in match.group(2).strip("() ").split(",") if each.strip()
            ]
            yield from named(number, match.group(1).removeprefix("OpenSSL").lstrip("."), names)
        match = re.match(r"\s*c?import\s+(OpenSSL[\w.]*)", line)
        if match:
            yield number, match.group(1).removeprefix("OpenSSL").lstrip(".")


def named(number: int, base: str, names: list[str]) -> Iterator[tuple[int, str]]:
    # `from OpenSSL._native import errors` imports a module, the same of
    # `OpenSSL._native.common.errors` names in one.
    if base in PACKAGES:
        for name in names:
            yield number, f"{base}.{name}".lstrip(".")
    else:
        yield number, base


def native_order(meson: str) -> list[str]:
    block = re.search(r"native = \[(.*?)\]", meson, re.DOTALL)
    assert block is not None
    return re.findall(r"'(\w+/\w+)'", block.group(1))


def violations(files: Mapping[str, str], order: list[str]) -> list[str]:
    """What breaks the law: one line for each import that goes up or sideways."""
    found = []
    edges: dict[str, set[str]] = {}
    for path, text in files.items():
        here = module_of(path)
        python = path.endswith((".py", ".pyi"))
        read = python_imports if python else cython_imports
        types_only = for_types_only(ast.parse(text)) if python else set()
        if path.endswith(".pyi") and floor(here) == CORE:
            # Nothing of a stub happens: what a native function answers is a face's object.
            found += [
                f"{path}:{number} imports OpenSSL.{there}: not even a stub may"
                for number, there in read(here, text)
                if floor(there) > FACES
            ]
            continue
        for number, there in read(here, text):
            where = f"{path}:{number} imports OpenSSL.{there}"
            if there == here:
                continue
            if floor(here) == TABLES and here != "__init__":
                if number in types_only and floor(there) == TABLES:
                    continue
                found.append(f"{where}: this floor imports nothing of the package")
            elif (here, there) in HANDED_ON:
                continue
            elif floor(there) > floor(here) and here != "__init__":
                found.append(f"{where}: that is a floor above")
            elif floor(here) == floor(there) and folder(here) < folder(there):
                found.append(f"{where}: that is a folder above")
            elif floor(here) == floor(there) == CORE:
                ours, theirs = here.split(".")[-1], there.split(".")[-1]
                if theirs in DECLARATIONS:
                    continue
                if ours in DECLARATIONS or place(order, theirs) >= place(order, ours):
                    found.append(f"{where}: meson.build has it above")
            elif floor(here) == floor(there) and number not in types_only:
                edges.setdefault(here, set()).add(there)
    found += [f"imports in a circle: {' -> '.join(circle)}" for circle in circles(edges)]
    return found


def place(order: list[str], name: str) -> float:
    """Where a native module stands; one that is not built stands above all others."""
    names = [each.rpartition("/")[2] for each in order]
    if name in INLINE:
        return names.index(INLINE[name]) - 0.5
    return names.index(name) if name in names else len(names)


def circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    found: list[list[str]] = []
    done: set[str] = set()

    def walk(module: str, path: list[str]) -> None:
        if module in path:
            found.append([*path[path.index(module) :], module])
        elif module not in done:
            for other in sorted(edges.get(module, ())):
                walk(other, [*path, module])
            done.add(module)

    for module in sorted(edges):
        walk(module, [])
    return found


def test_every_import_goes_down():
    files = sources("*.py", "*.pyi", "*.pyx", "*.pxd")
    order = native_order(code_of_meson())
    assert violations(files, order) == []


def test_every_native_module_is_built():
    modules = {path.removesuffix(".pyx") for path in sources("*.pyx", under=NATIVE)}
    assert set(native_order(code_of_meson())) == modules


def code_of_meson() -> str:
    return (NATIVE / "meson.build").read_text(encoding="utf-8")


ORDER = ["common/errors", "common/hooks", "crypto/keys", "ssl/context", "ssl/connection"]


def broken(path: str, text: str) -> list[str]:
    return violations({path: text}, ORDER)


def test_the_check_sees_each_kind_of_violation():
    assert broken("_native/common/errors.pyx", "from OpenSSL._face.ssl.trust import x\n")
    assert broken("_native/common/errors.pyx", "from OpenSSL import SSL\n")
    assert broken("_native/common/errors.pyx", "from OpenSSL._native.ssl.context cimport Context\n")
    assert broken(
        "_native/common/errors.pxd", "from OpenSSL._native.ssl cimport (\n    context,\n)\n"
    )
    assert broken("_native/common/libssl.pxd", "from OpenSSL._native.common.errors cimport clear\n")
    assert broken("_face/ssl/trust.py", "from ...SSL import Context\n")
    assert broken("_face/ssl/trust.py", "def f():\n    from OpenSSL import crypto\n")
    assert broken("_native/common/errors.pyi", "from OpenSSL.SSL import Context\n")
    assert broken("SSL.py", "from ._command import main\n")
    assert broken("_exceptions.py", "from . import version\n")
    assert broken(
        "_exceptions.py", "if TYPE_CHECKING:\n    from OpenSSL._face.crypto.keys import PKey\n"
    )
    assert broken("_face/ssl/trust.py", "if TYPE_CHECKING:\n    from OpenSSL.SSL import Context\n")
    assert broken("_face/crypto/keys.py", "from OpenSSL._face.ssl.trust import x\n")
    assert broken("_native/crypto/keys.pyx", "from OpenSSL._native.ssl.context cimport Context\n")
    circle = {"_face/ssl/a.py": "from . import b\n", "_face/ssl/b.py": "from .a import x\n"}
    assert violations(circle, ORDER)


def test_the_check_lets_good_imports_pass():
    assert not broken(
        "_native/ssl/context.pyx", "from OpenSSL._native.common cimport errors, libssl as s\n"
    )
    types = "if TYPE_CHECKING:\n    from OpenSSL._details import ErrorDetail\n"
    assert not broken("_exceptions.py", types)
    assert not broken("_native/common/errors.pyx", "from OpenSSL._exceptions import Error\n")
    assert not broken(
        "_face/ssl/trust.py", "from OpenSSL._native.ssl import connection\nimport os\n"
    )
    assert not broken("SSL.py", "from ._face.ssl.trust import x\n")
    circle = {
        "_face/ssl/a.py": "if t.TYPE_CHECKING:\n    from . import b\n",
        "_face/ssl/b.py": "from .a import x\n",
    }
    assert not violations(circle, ORDER)
    assert not broken("_face/ssl/a.py", '"""from OpenSSL.SSL import x"""\n')
    assert code_of('x = "#" # from OpenSSL import SSL').strip() == 'x = ""'
