"""No C result is ignored: every call whose answer is thrown away is listed here with its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from reading import NATIVE, c_functions, declarations, sources, statements

#: Functions whose answer is no verdict on what they did.
NO_VERDICT = {
    "SSL_CTX_clear_options": "answers the options after the change; cannot fail",
    "SSL_CTX_set_options": "answers the options after the change; cannot fail",
    "SSL_clear_options": "answers the options after the change; cannot fail",
    "SSL_set_options": "answers the options after the change; cannot fail",
    "SSL_CTX_clear_mode": "answers the modes after the change; cannot fail",
    "SSL_CTX_set_mode": "answers the modes after the change; cannot fail",
    "SSL_CONF_CTX_set_flags": "answers the flags after the change; cannot fail",
    "SSL_set_mode": "answers the modes after the change; cannot fail",
    "SSL_clear_mode": "answers the modes after the change; cannot fail",
    "SSL_CTX_set_session_cache_mode": "answers the mode before; cannot fail",
    "SSL_CTX_set_max_cert_list": "answers the bound before; 0 only where that is negative",
    "SSL_set_max_cert_list": "answers the bound before; 0 only where that is negative",
    "SSL_CTX_set_timeout": "answers the time before; cannot fail",
    "SSL_free_buffers": "answers whether they could be spared; if not, they stay",
    "i2d_re_X509_tbs": "marks a kept encoding stale, even where it fails",
    "i2d_re_X509_REQ_tbs": "marks a kept encoding stale, even where it fails",
    "i2d_re_X509_CRL_tbs": "marks a kept encoding stale, even where it fails",
    "BIO_free": "0 only for NULL; there is nothing left to do about it",
    "SSL_get0_chain_certs": "asks an SSL that has a certificate; without a chain it sets NULL",
    "SSL_CTX_get0_chain_certs": "asks; without a certificate the chain stays NULL",
    "SSL_CTX_get_extra_chain_certs_only": "asks; cannot fail",
    "SSL_set_record_padding_callback": "0 where the kernel encrypts, which pads nothing",
    "X509_STORE_unlock": "gives back what was locked; nothing is left to do about a failure",
    "brisk_publish": "False where another thread was quicker, with the same",
    "memcpy": "answers its argument",
    "memmove": "answers its argument",
    "memset": "answers its argument",
    "strncpy": "answers its argument",
}
#: Single places: (file, function) and why the answer does not matter there.
PLACES: dict[tuple[str, str], str] = {
    (
        "crypto/descriptions.pyx",
        "ASN1_TIME_print",
    ): "0 for a malformed time, whose words are wanted",
    (
        "crypto/descriptions.pyx",
        "i2a_ASN1_INTEGER",
    ): "the memory it needs is looked for in the queue",
    ("crypto/asn1.pyx", "BN_bn2bin"): "answers the size, which was asked for before; cannot fail",
    (
        "crypto/uris.pyx",
        "OSSL_STORE_close",
    ): "gives up what failed already, which is what is raised",
    ("ssl/ending.pyx", "SSL_shutdown"): "says goodbye after a failure that is known already",
    (
        "ssl/stamps.pyx",
        "SSL_CTX_remove_session",
    ): "whether it was in the cache; it is marked anyway",
}
CALL = re.compile(r"\s*(?:if [^:]*: |else: |try: )?(?:[A-Za-z_]\w*\.)?(\w+)\(")


def ignored(files: Mapping[str, str], declared: Mapping[str, str]) -> dict[tuple[str, str], int]:
    """(file, function) -> first line, of bare statements that throw an answer away."""
    answering = {
        name
        for text in declared.values()
        for name, (result, _parameters) in c_functions(text).items()
        if result != "void"
    }
    found: dict[tuple[str, str], int] = {}
    for path, text in files.items():
        for number, line in statements(text):
            match = CALL.match(line)
            if match and match.group(1) in answering and is_whole(line[match.end() :]):
                found.setdefault((path, match.group(1)), number)
    return found


def is_whole(rest: str) -> bool:
    """Whether nothing follows the call's closing parenthesis, so that nobody takes the answer."""
    depth = 1
    for position, letter in enumerate(rest):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return not rest[position + 1 :].strip(" ;")
    return False


def now() -> dict[tuple[str, str], int]:
    return ignored(sources("*.pyx", under=NATIVE), declarations())


@pytest.mark.holds("C12")
def test_no_answer_of_c_is_thrown_away_without_a_reason():
    left = {
        f"{path}:{number} ignores what {name} answers"
        for (path, name), number in now().items()
        if name not in NO_VERDICT and (path, name) not in PLACES
    }
    assert left == set()


def test_every_reason_for_a_place_is_still_needed():
    assert set(PLACES) <= set(now())


EXTERN = """cdef extern from "x.h" nogil:
    int SSL_set_cipher_list(SSL* ssl, const char* words)
    SSL_SESSION* SSL_get1_session(SSL* ssl)
    void SSL_set_accept_state(SSL* ssl)
"""


def found(code: str) -> set[str]:
    return {name for _path, name in ignored({"a.pyx": code}, {"x.pxd": EXTERN})}


def test_the_check_sees_what_is_thrown_away():
    assert found("def f():\n    s.SSL_set_cipher_list(ssl, words)\n")
    assert found("def f():\n    s.SSL_set_cipher_list(\n        ssl, words(),\n    )\n")
    assert found("def f():\n    if x: SSL_get1_session(ssl)\n")


def test_the_check_lets_taken_answers_pass():
    assert not found("def f():\n    if not s.SSL_set_cipher_list(ssl, w):\n        fail()\n")
    assert not found("def f():\n    x = s.SSL_get1_session(ssl)\n")
    assert not found("def f():\n    s.SSL_set_accept_state(ssl)\n")
    assert not found("def f():\n    g(\n        s.SSL_get1_session(ssl),\n    )\n")
