"""Law 3: one raiser.  OpenSSL's queue and SSL_get_error are asked in errors alone."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reading import PACKAGE, code_of, sources

#: The raiser itself, and the files that declare what it stands on.
AT_HOME = {
    "_native/common/errors.pyx",
    "_native/common/errors.pxd",
    "_native/common/libcrypto.pxd",
    "_native/common/libssl.pxd",
}
#: The judges of timestamps stand in the place of libssl's own, inside of its handshake: they
#: leave what those would leave, and clear what libcrypto forgot.
INSIDE = {
    "_native/common/compat.h: ERR_clear_error",
    "_native/common/compat.h: ERR_raise",
    "_native/common/compat.h: ERR_LIB_SSL",
}
#: Functions and macros of err.h; constants such as X509_V_ERR_ are none.
QUEUE = re.compile(
    r"(?<![A-Za-z0-9_])(ERR_(?:[a-z]\w*|GET_\w+|LIB_\w+|PACK|R_\w+)|SSL_get_error)\b"
)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def strangers(files: Mapping[str, str]) -> list[str]:
    found = []
    for path, text in files.items():
        if path in AT_HOME:
            continue
        code = COMMENT.sub("", text) if path.endswith(".h") else code_of(text)
        found += [f"{path}: {name}" for name in QUEUE.findall(code)]
    return [each for each in found if each not in INSIDE]


def test_nobody_but_the_raiser_asks_the_queue():
    files = sources("*.pyx", "*.pxd", "*.py", "*.pyi", "*.h", under=PACKAGE)
    assert strangers(files) == []


def test_the_raiser_is_where_it_is_said_to_be():
    assert QUEUE.search(
        code_of((PACKAGE / "_native/common/errors.pyx").read_text(encoding="utf-8"))
    )


def test_the_check_sees_what_breaks_the_law():
    assert strangers({"_native/ssl/context.pyx": "c.ERR_clear_error()\n"})
    assert strangers({"_native/ssl/context.pyx": "from x cimport ERR_peek_error as peek\n"})
    assert strangers({"_native/common/compat.h": "int f(SSL *s) { return SSL_get_error(s, 0); }\n"})
    assert not strangers({"_native/ssl/context.pyx": "# c.ERR_clear_error()\nx = c.X509_V_ERR_X\n"})
