"""What a comment says of OpenSSL can be looked up: it names the function, version or page."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from reading import sources

#: libssl as the one who does something: its verb is one word away at most.
CLAIM = re.compile(
    r"""(?:\b(\w+)\ )?\b(?:libssl|libcrypto|OpenSSL)(?:\ \d\.\d)?
    (?:\ (?:alone|also|always|first|itself|never|now|only|still|then))?
    \ (?!as\b|computes\b|has\ to\b|is\ to\b|this\b|whatever\b)
    (?:would|cannot|can|will|[a-z]+s)\b""",
    re.VERBOSE,
)
#: The same where it was named before, and is called "it" now.
LATER = re.compile(
    r"""\b(?:libssl|libcrypto)\b[^"]*?
    (?:[:;,.]\ (?:(?:and|because|but|so)\ )?|\b(?:because|but|so)\ )
    [Ii]t\ (?:(?:alone|also|always|first|itself|never|now|only|still|then)\ )?
    (?!was\b|is\ (?:asked|compared|given|made|noted|read|told)\b|needs\b)
    (?:would|cannot|can|will|[a-z]+s)\b""",
    re.VERBOSE,
)
#: Behind these it is no sentence of its own.
RELATIVE = {
    *("as", "before", "how", "names", "of", "one", "that", "until", "what", "whatever", "when"),
    *("where", "whether", "which", "while", "whom", "words"),
}
#: A manual page, a C function, a version, a file of the sources, a public report.
PLACE = re.compile(
    r"""\w\(\d\)
    |\b[A-Z][A-Z0-9]*\d*_(?:[A-Z0-9]+_)*[a-z]\w*
    |\b[34]\.\d+\b
    |\b(?:ssl|crypto)/[\w/]+\.[ch]\b
    |\bCVE-\d+-\d+|\bhttps?://""",
    re.VERBOSE,
)
_COMMENTS = {
    "c": re.compile(r"/\*.*?\*/", re.DOTALL),
    "python": re.compile(
        r'(?:^[ \t]*\#[^\n]*\n)+|"{3}.*?"{3}|(?<=[^\n])[ \t]\#[^\n]*', re.MULTILINE | re.DOTALL
    ),
}


def paragraphs(name: str, text: str) -> Iterator[tuple[int, str]]:
    """Each paragraph of a comment or docstring, with its line, on one line of its own.

    The docstrings of Python files end with the manual's page, so there one is a whole.
    """
    kind = "c" if name.endswith(".h") else "python"
    for found in _COMMENTS[kind].finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        bare = re.sub(r"(?m)^[ \t]*(?:\#|/?\*)?[ \t]?", "", found.group())
        for part in [bare] if name.endswith(".py") else re.split(r"\n[ \t]*\n", bare):
            yield line, " ".join(part.split())


def claims(part: str) -> bool:
    named = any((found[1] or "").lower() not in RELATIVE for found in CLAIM.finditer(part))
    return named or LATER.search(part) is not None


def unplaced(name: str, text: str) -> list[str]:
    return [
        f"{name}:{line}: {part}"
        for line, part in paragraphs(name, text)
        if claims(part) and not PLACE.search(part)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "# libssl looks the session up first.\n",
        "    wait = 15   # less libcrypto takes for over\n",
        '"""A title.\n\nTheory.  Of no list OpenSSL counts\n-1 (here).\n"""\n',
        "# One paragraph names SSL_read(3).\n#\n# In the other libssl would block.\n",
        "# libssl never asks (on_verify, ``stamps``, WANT_READ).\n",
        "# What is asked of libssl stays: it only waits.\n",
        '"""Have libssl ask.\n\nLet libssl know, because it frees the list itself."""\n',
    ],
)
def test_a_claim_without_its_place_is_found(text: str) -> None:
    assert len(unplaced("a.pyx", text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "# libssl looks the session up first (ssl_get_prev_session, 3.0 to 4.0).\n",
        "# SSL_free_buffers frees what libssl has, and libssl takes it again (CVE-2024-4741).\n",
        "# libssl goes on (SSL_read(3)).\n",
        "# What libssl wants to write is kept; where libssl computes the lock is held.\n",
        'words = "libssl looks"\n',
        "call()  # the name that libssl asks for\n",
        "# What libssl does not tell is noted, and it is compared.\n",
    ],
)
def test_what_needs_no_place_is_left_alone(text: str) -> None:
    assert unplaced("a.pyx", text) == []


def test_what_is_said_of_openssl_can_be_looked_up() -> None:
    found = sources("*.py", "*.pyx", "*.pxd", "*.h")
    wrongs = [each for name, text in found.items() for each in unplaced(name, text)]
    assert not wrongs, "\n".join(wrongs)
