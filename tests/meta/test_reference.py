"""Every name and signature of the reference exists (reference.json)."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest
from reading import ROOT

from OpenSSL import SSL

REFERENCE = json.loads((ROOT / "tests/meta/reference.json").read_text(encoding="utf-8"))
METHODS = [
    (owner, name, signature)
    for owner in ("Context", "Connection")
    for name, signature in REFERENCE[owner].items()
]
#: What the reference writes as `<object object>` is FILETYPE_PEM since long.
STALE_DEFAULTS = {("use_privatekey_file", "filetype"): "1"}

#: Optional arguments that have come since; without them all is as the reference says.
SINCE = {
    ("Connection", "makefile"): [("mode", "'r'"), ("buffering", "None")],
    ("Connection", "shutdown"): [("how", "None")],
}


def parameters(signature: str) -> list[tuple[str, str | None]]:
    """``(buf, flags=0)`` -> ``[("buf", None), ("flags", "0")]``."""
    found: list[tuple[str, str | None]] = []
    for each in signature.strip("()").split(","):
        if each.strip():
            name, _, default = each.strip().partition("=")
            found.append((name, default or None))
    return found


def described(function: Any) -> list[tuple[str, str | None]]:
    """The same of a live method, without ``self`` and keyword-only arguments."""
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return [
        (
            stars.get(each.kind, "") + each.name,
            None if each.default is inspect.Parameter.empty else repr(each.default),
        )
        for each in list(inspect.signature(function).parameters.values())[1:]
        if each.kind is not inspect.Parameter.KEYWORD_ONLY
    ]


def differences(owner: type, name: str, signature: str) -> str | None:
    """What is not as the reference says, or None."""
    function = getattr(owner, name, None)
    if not callable(function):
        return f"{owner.__name__}.{name} is not there"
    wanted = [
        (argument, STALE_DEFAULTS.get((name, argument), default))
        for argument, default in parameters(signature)
    ]
    if described(function) != SINCE.get((owner.__name__, name), wanted):
        return f"{owner.__name__}.{name}{described(function)} instead of {wanted}"
    if not (inspect.getdoc(function) or "").strip():
        return f"{owner.__name__}.{name} has no docstring"
    return None


@pytest.mark.parametrize("name", [*REFERENCE["constants"], *REFERENCE["exceptions"]])
def test_a_name_is_there(name):
    assert name in SSL.__all__
    assert hasattr(SSL, name)


@pytest.mark.parametrize("name", [*REFERENCE["types"], "Context", "Connection", "Session"])
def test_a_class_is_there(name):
    assert isinstance(getattr(SSL, name), type)
    assert name in SSL.__all__


def test_functions_have_their_signatures():
    for name, signature in REFERENCE["functions"].items():
        wanted = [argument for argument, _default in parameters(signature)]
        assert list(inspect.signature(getattr(SSL, name)).parameters) == wanted


@pytest.mark.parametrize(("owner", "name", "signature"), METHODS)
def test_a_method_is_there_with_its_signature(owner, name, signature):
    assert differences(getattr(SSL, owner), name, signature) is None


def test_the_check_sees_what_differs():
    class Sample:
        def good(self, buf: bytes, flags: int = 0, *, more: int = 1) -> None:
            """Words."""

        def silent(self, buf: bytes) -> None: ...

    assert differences(Sample, "good", "(buf, flags=0)") is None
    assert differences(Sample, "good", "(buf, flags=1)")
    assert differences(Sample, "good", "(data, flags=0)")
    assert differences(Sample, "silent", "(buf)")
    assert differences(Sample, "absent", "()")


def test_the_reference_is_whole():
    assert len(REFERENCE["constants"]) == 37
    assert (len(REFERENCE["Context"]), len(REFERENCE["Connection"])) == (38, 55)
