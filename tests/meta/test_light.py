"""Importing is quick: nothing is loaded that only types, or rare calls, need."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from reading import ROOT

from kit import apart

PACKAGE = ROOT / "src/OpenSSL"
#: What an import of ours may load, beside what every interpreter has: quick, or built in.
#: Cython 3.1 and 3.2 bring memoryviews that nobody uses, and they ``collections.abc``.
LIGHT = {"__future__", "_socket", "cython_runtime", "errno", "warnings"}
#: Tells which modules files of ours ask for that are not there; an editable package's loader
#: loads much, too, which an installed one never asks for.
WATCHED = """
import os, sys
for name in set(sys.modules) - set(sys.stdlib_module_names & {BARE}):
    if name.partition(".")[0] in sys.stdlib_module_names:
        del sys.modules[name]

class Watch:
    def find_spec(self, name, path=None, target=None):
        frame = sys._getframe(1)
        while "importlib" in frame.f_code.co_filename:
            frame = frame.f_back
        if os.sep + "OpenSSL" + os.sep in frame.f_code.co_filename:
            print(name)

sys.meta_path.insert(0, Watch())
import OpenSSL.SSL
"""
TLS_1_3_ALONE = """
openssl_conf = all
[all]
ssl_conf = names
[names]
system_default = ours
[ours]
MinProtocol = TLSv1.3
"""
#: Each takes as long to load as several modules of ours, or brings others that do.
HEAVY = {
    *("collections", "contextlib", "dataclasses", "enum", "functools", "importlib", "inspect"),
    *("ipaddress", "re", "socket", "types", "typing", "weakref"),
}
#: Loaded when something is asked of them: OpenSSL.crypto's own, and records of errors.
LATER = {"_details.py", "_types.py", "_util.py", "debug.py", "rand.py", "stores.py"}
SOURCES = [
    path
    for path in (*PACKAGE.glob("*.py"), *PACKAGE.glob("_face/*/*.py"))
    if path.name not in LATER
]


def heavy_in_python(text: str) -> Iterator[str]:
    """What the top level imports; what stands below an ``if`` or in a function does not count."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] in HEAVY)


def heavy_in_cython(text: str) -> Iterator[str]:
    for name in re.findall(r"^(?:from|import) ([\w.]+)(?! cimport)\b", text, re.MULTILINE):
        if name.split(".")[0] in HEAVY:
            yield name


def found(paths: list[Path]) -> dict[str, list[str]]:
    told = {}
    for path in paths:
        text = path.read_text(encoding="utf-8")
        reader = heavy_in_python if path.suffix == ".py" else heavy_in_cython
        told[path.name] = list(reader(text))
    return {name: heavy for name, heavy in told.items() if heavy}


def test_no_heavy_module_is_imported_at_the_top():
    assert found([*SOURCES, *PACKAGE.glob("_native/*/*.pyx")]) == {}


def test_a_fresh_process_loads_nothing_else():
    """What is imported in passing counts as well: a page of ours that imports another."""
    run = functools.partial(subprocess.run, check=True, capture_output=True, text=True)
    bare = run([sys.executable, "-I", "-S", "-c", "import os, sys; print(*sys.modules)"]).stdout
    code = WATCHED.replace("{BARE}", repr(set(bare.split())))
    loaded = run([sys.executable, "-c", code]).stdout.split()
    assert "OpenSSL._face.common.constants" in loaded
    foreign = {name.partition(".")[0] for name in loaded} - {"OpenSSL"}
    assert foreign <= LIGHT


def test_functions_of_the_core_have_no_code_objects():
    """Only faces call them; each would take time and memory from every import."""
    code = """
        import sys
        from OpenSSL import SSL
        told = {True: set(), False: set()}
        for name, module in list(sys.modules.items()):
            for value in vars(module).values() if name.startswith("OpenSSL._") else ():
                if callable(value) and getattr(value, "__module__", None) == name:
                    told["_native" in name].add(hasattr(value, "__code__"))
        print(told[True], told[False])
    """
    # The second set is of the faces, so the first one could be different.
    assert apart.run(code) == "{False} {False, True}\n"


def test_libcrypto_is_not_started(tmp_path):
    """It reads its configuration when it is: one that is named after the import counts."""
    configuration = tmp_path / "openssl.cnf"
    configuration.write_text(TLS_1_3_ALONE)
    code = """
        import os, sys
        from OpenSSL import SSL, crypto
        os.environ["OPENSSL_CONF"] = sys.argv[1]
        least = SSL.Context(SSL.TLS_METHOD).get_min_proto_version()
        print(least == SSL.TLS1_3_VERSION)
    """
    assert apart.run(code, str(configuration)) == "True\n"


def test_this_test_can_fail():
    assert list(heavy_in_python("from typing import Any")) == ["typing"]
    assert list(heavy_in_python("import os, collections.abc")) == ["collections.abc"]
    assert list(heavy_in_python("if TYPE_CHECKING:\n    from typing import Any")) == []
    assert list(heavy_in_cython("import weakref\nfrom socket import AF_INET")) == [
        "weakref",
        "socket",
    ]
    assert list(heavy_in_cython("def f():\n    import ipaddress")) == []
