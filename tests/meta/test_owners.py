"""Law 2: one handle, one owner, one free."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from reading import NATIVE, code_of, declarations, sources, statements

#: The function that frees a handle, and the one file where it may stand; of an SSL that never
#: speaks to anybody, and of a session that libssl is about to be given, another.
OWNERS = {
    "SSL_free": ("ssl/engine.pyx", "ssl/renewal.pyx"),
    "SSL_CTX_free": ("ssl/context.pyx",),
    "SSL_SESSION_free": ("ssl/key_sessions.pyx", "ssl/sessions.pyx", "ssl/shared_keys.pyx"),
    "BIO_free": ("common/memory.pyx",),
    "X509_free": ("crypto/certificates.pyx",),
    "X509_NAME_free": ("crypto/names.pyx",),
    "X509_STORE_free": ("crypto/stores.pyx",),
    "X509_STORE_CTX_free": ("crypto/verification.pyx",),
    "EVP_PKEY_free": ("crypto/keys.pyx",),
}
#: Other ways to give up a handle, which would go round the law.
SIDE_DOORS = re.compile(r"\b(BIO_free_all|BIO_vfree|sk_X509_pop_free|sk_X509_NAME_pop_free)\b")


def places(files: Mapping[str, str]) -> dict[str, list[str]]:
    """Each freeing function of the law -> the files that speak of it."""
    found: dict[str, list[str]] = {name: [] for name in OWNERS}
    for path, text in files.items():
        for name in set(re.findall(r"\b\w+_free\b", code_of(text))) & set(OWNERS):
            found[name].append(path)
    return found


def side_doors(files: Mapping[str, str]) -> list[str]:
    return [
        f"{path}: {name}" for path in files for name in SIDE_DOORS.findall(code_of(files[path]))
    ]


#: A handle of the base that the owners share is given its type in these, and nowhere else.
CAST = re.compile(r"<c\.\w+\*>\s*(?:\w+\.)?handle\b")
MAY_CAST = re.compile(r"(?:held|__dealloc__|free(?:_\w+)?)\(")


def casts(files: Mapping[str, str]) -> list[str]:
    found = []
    for path, text in files.items():
        function = ""
        for _number, line in statements(text):
            if re.match(r"\s*(?:cdef|def) .*\(.*\).*:$", line):
                function = line
            if CAST.search(line) and not MAY_CAST.search(function):
                found.append(f"{path}: {line.strip()}")
    return found


def test_a_handle_gets_its_type_in_one_place_of_its_class() -> None:
    files = sources("*.pyx", under=NATIVE)
    assert sum(len(CAST.findall(code_of(text))) for text in files.values()) >= 10
    assert casts(files) == []


@pytest.mark.parametrize("name", OWNERS)
def test_a_handle_is_freed_in_its_owners_file_only(name):
    owners = [each for each in OWNERS[name] if (NATIVE / each).exists()]
    assert sorted(places(sources("*.pyx", under=NATIVE))[name]) == owners


def test_no_handle_leaves_by_a_side_door():
    assert side_doors(sources("*.pyx", under=NATIVE)) == []


def test_every_freeing_function_of_a_handle_has_an_owner():
    # Whatever can be shared by counting references is a handle.
    declared = "\n".join(declarations().values())
    # A chain is not counted itself: its certificates are.
    counted = set(re.findall(r"\b(\w+)_up_ref\(", code_of(declared))) - {"X509_chain"}
    assert {f"{each}_free" for each in counted} <= set(OWNERS)


def test_the_check_sees_a_second_free_and_a_side_door():
    files = {"connection.pyx": "s.SSL_free(x)\n", "trust.pyx": "if x:\n    s.SSL_free(x)\n"}
    assert places(files)["SSL_free"] == ["connection.pyx", "trust.pyx"]
    assert places({"a.pyx": "# SSL_free\n'SSL_free'\nSSL_SESSION_free(x)\n"})["SSL_free"] == []
    assert side_doors({"a.pyx": "c.sk_X509_pop_free(chain, c.X509_free)\n"})


def test_the_check_sees_a_cast_elsewhere() -> None:
    cast = "    return <c.X509*>each.handle\n"
    assert casts({"a.pyx": f"cdef c.X509* held(self) except NULL:\n{cast}"}) == []
    assert len(casts({"a.pyx": f"cdef c.X509* other(self) except NULL:\n{cast}"})) == 1
