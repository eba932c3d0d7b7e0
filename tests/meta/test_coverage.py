"""What of libssl is out of reach: the table of tools/coverage_of_libssl.py is true."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

from reading import ROOT


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = load(ROOT / "tools/coverage_of_libssl.py")


def test_no_reason_is_given_for_what_is_reached() -> None:
    table = tool.reasons(tool.TABLE.read_text(encoding="utf-8"))
    stars = [name for name in table if "*" in name]
    assert [name for name in table if name in tool.called()] == []
    assert all(len(name) > len("SSL_") for name in stars)


def test_every_function_has_one_verdict() -> None:
    table = {"SSL_old": ("unwanted", "old"), "SSL_srp_*": ("left", "later")}
    functions = ["SSL_new", "SSL_old", "SSL_srp_a", "SSL_srp_b", "SSL_what"]
    found, wrong = tool.judge(functions, {"SSL_new"}, table)
    assert found == {
        "reached": ["SSL_new"],
        "equivalent": [],
        "unwanted": ["SSL_old: old"],
        "left": ["SSL_srp_a: later", "SSL_srp_b: later"],
        "missing": ["SSL_what"],
    }
    assert wrong == []
    _found, wrong = tool.judge(functions, {"SSL_new", "SSL_old"}, table)
    assert wrong == ["SSL_old"]


def test_comments_call_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.pyx").write_text('"""By SSL_zero."""\ns.SSL_one(x)  # not SSL_two\n')
    (tmp_path / "a.h").write_text("/* SSL_three is called\n elsewhere */ SSL_four(x);\n")
    found = tool.called(tmp_path)
    assert {each for each in found if each.startswith("SSL")} == {"SSL_one", "SSL_four"}


def test_the_linked_library_is_read() -> None:
    library = tool.linked()
    assert library.name.startswith("libssl")
    assert "SSL_new" in tool.exported(library)


def test_openssls_own_list_is_read(tmp_path: Path) -> None:
    """Of a libssl that exports nothing, as a wheel's."""
    file = tmp_path / "libssl.num"
    file.write_text(
        "SSL_new         1  3_0_0  EXIST::FUNCTION:\n"
        "SSL_ech         ?  4_0_0  EXIST::FUNCTION:ECH\n"
        "SSL_gone        3  3_0_0  NOEXIST::FUNCTION:\n"
        "SSL_number      4  3_0_0  EXIST::VARIABLE:\n"
    )
    assert tool.listed(file) == ["SSL_ech", "SSL_new"]
