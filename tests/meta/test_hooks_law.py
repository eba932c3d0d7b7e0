"""Law 4: hooks never leak; every C callback has the same shape."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

import pytest
from reading import (
    NATIVE,
    c_functions,
    calls,
    code_of,
    declarations,
    sources,
    statements,
    without_declarations,
)

#: Callbacks that run no Python: they write a number down, look at a session, hand on
#: what was chosen before, or give a reference back.
NOTE_TAKERS = {
    "on_alert",
    "on_hello",
    "on_hello_message",
    "on_extension_free",
    "on_ticket_key",
    "on_chain",
    "on_permission",
    "on_ticket",
    "on_ticket_given",
    "on_alpn_select",
    "on_servername",
    "on_session_new",
    "on_session_remove",
    "on_unused",
}
#: The methods of our own BIOs run no Python and are known to bio.pyx alone.
BIO_SETTERS = {
    "BIO_meth_set_read_ex",
    "BIO_meth_set_write_ex",
    "BIO_meth_set_ctrl",
    "BIO_meth_set_create",
    "BIO_meth_set_destroy",
}
#: `ctypedef int (*hook "c_name")(...)` and `ctypedef int hook(...)`, texts emptied.
POINTER = re.compile(r"\bctypedef\b[^(\n]*\(\s*\*\s*(\w+)\s*(?:\"\")?\s*\)\s*\(")
KIND = re.compile(r"\bctypedef\b[^(\n]*\b(\w+)\([^*]")
FUNCTION = re.compile(r"cdef\s+(?:inline\s+)?[\w.*\s]+?\b(\w+)\(.*\)\s*(.*):$")


def pointer_places(declarations: Mapping[str, str]) -> dict[str, list[int]]:
    """Each C function that takes functions -> the positions of those arguments."""
    everything = "\n".join(declarations.values())
    kinds = set(POINTER.findall(code_of(everything))) | set(KIND.findall(code_of(everything)))
    found: dict[str, list[int]] = {}
    for text in declarations.values():
        for name, (_result, parameters) in c_functions(text).items():
            places = [
                index
                for index, each in enumerate(parameters)
                if "(*" in each or set(re.findall(r"\w+", each)) & kinds
            ]
            if places:
                found[name] = places
    return found


def callbacks(files: Mapping[str, str]) -> dict[str, set[str]]:
    """The name of each module -> its callbacks, found by their shape."""
    found: dict[str, set[str]] = {}
    for path, text in files.items():
        found[PurePosixPath(path).stem] = {
            name
            for name, modifiers, _body in functions(text)
            if name in NOTE_TAKERS or (name.startswith("on_") and "with gil" in modifiers)
        }
    return found


def strangers(files: Mapping[str, str], takers: Mapping[str, list[int]]) -> list[str]:
    """Functions handed to OpenSSL that are no callbacks."""
    found = []
    homes = callbacks(files)
    known = {f"{home}.{name}" for home, names in homes.items() for name in names}
    for path, text in files.items():
        own = PurePosixPath(path).stem
        allowed = known | homes[own]
        lines = list(statements(without_declarations(text)))
        for _number, line in lines:
            match = re.match(r"\s*from OpenSSL\._native\.\w+\.(\w+) cimport (.*)", line)
            if match:
                names = set(re.findall(r"\bon_\w+", match.group(2)))
                allowed |= names & homes.get(match.group(1), set())
        for number, line in lines:
            for name, arguments in calls(line):
                if name not in takers or (name in BIO_SETTERS and own == "bio"):
                    continue
                for place in takers[name]:
                    given = arguments[place] if place < len(arguments) else "nothing"
                    if not is_callback(given, allowed, lines):
                        found.append(f"{path}:{number} hands {given} to {name}")
    return found


def is_callback(given: str, allowed: set[str], lines: list[tuple[int, str]]) -> bool:
    given = re.sub(r"<[^<>]*>", "", given).strip()
    if given == "NULL" or given in allowed:
        return True
    choice = re.fullmatch(r"(\w+) if .* else (\w+)", given)
    if choice:
        return all(is_callback(each, allowed, lines) for each in choice.groups())
    if not re.fullmatch(r"[^\W\d]\w*(\.\w+)?", given):
        return False
    # A variable, or a field of one: everything that is ever put into it has to be one.
    put = re.compile(rf"(?:^|[\s*]){re.escape(given)}\b\)?(?:\([^=]*\))?[^=!<>(]*=\s*([^=].*)$")
    values = [match.group(1) for _number, line in lines if (match := put.search(line))]
    return bool(values) and all(is_callback(each, allowed, []) for each in values)


def functions(text: str) -> list[tuple[str, str, list[str]]]:
    """Each function of a .pyx at its outermost level: name, modifiers, body."""
    found: list[tuple[str, str, list[str]]] = []
    for _number, line in statements(text):
        if line.startswith(" "):
            if found:
                found[-1][2].append(line)
            continue
        match = FUNCTION.match(line)
        found.append((match.group(1), match.group(2), []) if match else ("", "", []))
    return found


def misshapen(path: str, text: str) -> list[str]:
    """Callbacks that are not what the law says, and others that take the GIL."""
    found = []
    for name, modifiers, body in functions(text):
        if not name.startswith("on_"):
            if "with gil" in modifiers:
                found.append(f"{path}: {name} takes the GIL and is not called on_")
            continue
        if PurePosixPath(path).stem == "bio":
            if modifiers != "noexcept nogil":
                found.append(f"{path}: {name} is a method of a BIO and may run Python")
            continue
        if name in NOTE_TAKERS:
            continue
        if modifiers != "noexcept with gil":
            found.append(f"{path}: {name} is not `noexcept with gil` but {modifiers!r}")
        lines = [line.strip() for line in body]
        if lines.count("try:") != 1:
            found.append(f"{path}: {name} has {lines.count('try:')} tries")
        for line in lines:
            if "enter_hook(" in line and not line.startswith("if not enter_hook("):
                found.append(f"{path}: {name} runs its hook however deep it is")
        nets = [line for line in lines if line.startswith("except")]
        if len(nets) != 1 or not re.match(r"except BaseException\b", nets[0]):
            found.append(f"{path}: {name} catches {nets}")
    return found


@pytest.mark.holds("D20")
def test_only_callbacks_are_handed_to_openssl():
    takers = pointer_places(declarations())
    # The check would see nothing if the declarations stopped saying `(*`.
    assert {"SSL_CTX_set_verify", "SSL_CTX_set_info_callback", "BIO_meth_set_ctrl"} <= set(takers)
    assert strangers(sources("*.pyx", under=NATIVE), takers) == []


def test_every_callback_has_the_shape():
    files = sources("*.pyx", under=NATIVE)
    assert [each for path in files for each in misshapen(path, files[path])] == []
    names = [name for name, _modifiers, _body in functions(files["ssl/callbacks.pyx"])]
    assert sum(name.startswith("on_") for name in names) >= 5


EXTERN = """cdef extern from "x.h":
    void SSL_set_verify(SSL* ssl, int mode, int (*hook)(int, STORE*) noexcept)
    ctypedef int (*asker "c_asker")(char*, int)
    ctypedef int password_cb(char* buffer, int size)
    void SSL_CTX_set_passwd(SSL_CTX* ctx, asker hook)
    EVP_PKEY* PEM_read(BIO* bio, password_cb* hook, void* data)
    void SSL_set_mode(SSL* ssl, int mode)
"""
GOOD = """
from OpenSSL._native.ssl.callbacks cimport attach, on_verify
def f():
    cdef int (*hook)(int, STORE*) noexcept = NULL
    hook = on_verify if callback is not None else NULL
    s.SSL_set_verify(x.handle, 1, hook)
    s.SSL_set_verify(x.handle, 1, NULL)
"""
SHAPE = """
cdef int on_verify(int ok, c.X* chain) noexcept with gil:
    try:
        return 1
    except BaseException as error:
        carrier.keep(error)
    return 0
"""


def test_the_check_sees_a_stranger():
    takers = pointer_places({"x.pxd": EXTERN})
    assert takers == {"SSL_set_verify": [2], "SSL_CTX_set_passwd": [1], "PEM_read": [1]}
    bio = "cdef int on_read(char* out) noexcept nogil:\n    return 0\n"
    asking = SHAPE.replace("on_verify", "on_passphrase")
    rest = {"callbacks.pyx": SHAPE, "bio.pyx": bio, "passphrases.pyx": asking}

    def found(text: str) -> list[str]:
        return strangers(rest | {"trust.pyx": text}, takers)

    assert found(GOOD) == []
    assert found(GOOD.replace("callbacks cimport", "bio cimport"))
    assert found(GOOD.replace("= on_verify if", "= mine if"))
    assert found("s.SSL_CTX_set_passwd(ctx, own)\n")
    assert found("s.SSL_CTX_set_passwd(ctx, bio.on_read)\n")
    assert not found("c.PEM_read(x, passphrases.on_passphrase, y)\n")
    field = "from OpenSSL._native.ssl.callbacks cimport on_verify\na.f = %s\n"
    field += "s.SSL_CTX_set_passwd(ctx, a.f)\n"
    assert found(field % "on_verify") == []
    assert found(field % "mine")


def test_the_check_sees_a_misshapen_callback():
    assert misshapen("callbacks.pyx", SHAPE) == []
    assert misshapen("callbacks.pyx", SHAPE.replace("BaseException", "Exception"))
    assert misshapen("callbacks.pyx", SHAPE.replace("noexcept with gil", "noexcept nogil"))
    assert misshapen("callbacks.pyx", SHAPE.replace("    try:\n", "    if 1:\n"))
    assert misshapen("callbacks.pyx", SHAPE.replace("on_verify", "verify"))
    assert misshapen("trust.pyx", SHAPE) == []
    assert misshapen("bio.pyx", SHAPE)
    entered = SHAPE.replace("    try:", "    if not enter_hook(x, y):\n        return 0\n    try:")
    assert misshapen("callbacks.pyx", entered) == []
    assert misshapen("callbacks.pyx", entered.replace("if not enter", "enter"))
