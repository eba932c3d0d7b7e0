"""One table of constants: module, stub, docs and the C compiler all say the same."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from reading import NATIVE, ROOT

from OpenSSL import SSL
from OpenSSL._native.common import constants as native


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


make = load(ROOT / "tools/make_constants.py")
LIST = make.parse(make.LIST.read_text(encoding="utf-8"))


def qualified(constant) -> str:
    """The name under which ``absent`` knows a constant."""
    return {
        "CODE": f"X509VerificationCodes.{constant.name}",
        "FLAG": f"X509StoreFlags.{constant.name}",
    }.get(constant.home, constant.name)


def value(constant) -> int:
    place = {"CODE": native.X509VerificationCodes, "FLAG": native.X509StoreFlags}
    answer = getattr(place.get(constant.home, native), constant.name)
    assert type(answer) is int
    return answer


def present(constant) -> bool:
    return qualified(constant) not in native.absent


# ---- the compiler's word


def compile_and_run(source: str, folder: Path) -> str:
    compiler = shlex.split(os.environ.get("CC", "cc"))
    if shutil.which(compiler[0]) is None:
        pytest.skip("no C compiler; install gcc")
    flags = subprocess.run(
        ["pkg-config", "--cflags", "openssl"], capture_output=True, text=True, check=True
    ).stdout.split()
    preflight = subprocess.run(
        ["sh", str(ROOT / "tools/preflight.sh"), "--flags"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHON": sys.executable},
    ).stdout.split()
    (folder / "table.c").write_text(source, encoding="utf-8")
    program = folder / "table"
    arguments = [
        *flags,
        *preflight,
        f"-I{NATIVE / 'common'}",
        str(folder / "table.c"),
        "-o",
        str(program),
    ]
    subprocess.run([*compiler, *arguments], check=True)
    return subprocess.run([program], capture_output=True, text=True, check=True).stdout


def program(constants) -> str:
    lines = [
        "#include <stdio.h>",
        "#include <openssl/ssl.h>",
        "#include <openssl/x509v3.h>",
        '#include "numbers.h"',
        "int main(void) {",
    ]
    for each in constants:
        lines += [
            f"#ifdef {each.macro}",
            f'    printf("%s %lld\\n", "{qualified(each)}", (long long)({each.macro}));',
            "#endif",
        ]
    return "\n".join([*lines, "    return 0;", "}", ""])


def test_every_value_is_the_compilers(tmp_path):
    lines = compile_and_run(program(LIST), tmp_path).splitlines()
    said = {name: int(number) for name, number in (line.split() for line in lines)}
    assert len(said) > 250
    for each in LIST:
        if qualified(each) in said:
            assert value(each) == said[qualified(each)], each.name
        elif each.group == "museum":
            assert value(each) == 0
        else:
            assert native.absent[qualified(each)] == each.since
    assert set(native.absent) == {qualified(each) for each in LIST if not present(each)}


def test_the_comparison_sees_a_wrong_value(tmp_path):
    wrong = make.Constant("VERIFY_PEER", "SSL_VERIFY_NONE", "verify", "3.0", "wrong on purpose")
    name, number = compile_and_run(program([wrong]), tmp_path).split()
    assert name == "VERIFY_PEER"
    assert value(wrong) != int(number)


# ---- the same names everywhere


def test_the_generated_files_are_what_the_list_says():
    for path, text in make.outputs(LIST).items():
        assert path.read_text(encoding="utf-8") == text, path


def test_all_holds_every_name_that_is_present():
    for_ssl = {each.name for each in LIST if each.home in {"SSL", "BOTH"} and present(each)}
    assert set(native.__all__) == for_ssl | {"X509VerificationCodes"}
    assert set(native.__all__) <= set(SSL.__all__)
    assert sorted(set(SSL.__all__)) == sorted(SSL.__all__)


def test_the_stub_names_exactly_the_list():
    tree = ast.parse(make.STUB.read_text(encoding="utf-8"))
    names = {each.target.id for each in tree.body if isinstance(each, ast.AnnAssign)}
    in_classes = {"CODE", "FLAG"}
    assert names == {each.name for each in LIST if each.home not in in_classes} | {"absent"}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            home = {"X509VerificationCodes": "CODE", "X509StoreFlags": "FLAG"}[node.name]
            inner = {each.target.id for each in node.body if isinstance(each, ast.AnnAssign)}
            assert inner == {each.name for each in LIST if each.home == home}


def test_the_docs_have_a_row_for_each_name():
    text = make.DOCS.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows].count("OP_ALL") == 1
    assert len(rows) == len(LIST)


def test_the_module_has_nothing_that_the_list_has_not():
    numbers = {name for name, each in vars(native).items() if type(each) is int}
    in_classes = {"CODE", "FLAG"}
    expected = {each.name for each in LIST if each.home not in in_classes and present(each)}
    assert {name for name in numbers if not name.startswith("__")} == expected


# ---- the list's own format


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("A | B | verify | 3.0", "five fields"),
        ("A | B | verify | 3.0 |", "five fields"),
        ("A | B | nowhere | 3.0 | x", "no group"),
        ("A-B | B | verify | 3.0 | x", "no name"),
        ("A | B | verify | three | x", "no version"),
        ("A | B | verify | 3.0 | x\nA | C | option | 3.0 | y", "twice"),
    ],
)
def test_a_line_that_breaks_the_format_is_refused(line, complaint):
    with pytest.raises(ValueError, match=complaint):
        make.parse(line)


def test_stale_files_are_found(tmp_path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setattr(make, "outputs", lambda _list: {make.ROOT / "tools/no.txt": "x"})
    assert make.main(["--check"]) == 1
    assert "tools/no.txt" in capsys.readouterr().err


def test_the_reference_names_are_in_the_list():
    names = json.loads((ROOT / "tests/meta/reference.json").read_text(encoding="utf-8"))
    ours = {each.name for each in LIST if each.home in {"SSL", "BOTH"}}
    assert set(names["constants"]) - ours == {"NO_OVERLAPPING_PROTOCOLS"}
