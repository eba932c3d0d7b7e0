"""Text and bytes: one rule, in ``docs/api/index.md``, for everything that takes either."""

from __future__ import annotations

import contextlib
import inspect
import pathlib
import warnings
from collections.abc import Iterator

import pytest

from kit import spelled_adapters
from kit.spelled import (
    ALGORITHM,
    BYTES,
    EITHER,
    OLD_PATH,
    PATH,
    SECRET,
    TEXT,
    WARNED,
    Row,
)
from kit.spelled import ROWS as OWN
from OpenSSL import SSL, aio, crypto, fleet, rand
from OpenSSL.fleet import key_files

ROWS = [*OWN, *spelled_adapters.ROWS]
NAMES = [f"{number}-{line[0]}" for number, line in enumerate(ROWS)]


@contextlib.contextmanager
def told() -> Iterator[list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught


def taken(line: Row, value: object) -> tuple[str, bool]:
    """``taken``, ``type`` or ``value`` for what it was refused for; and whether it was warned."""
    _, _, make, _, call, _ = line
    it = make()
    with told() as caught:
        try:
            call(it, value)
        except TypeError as error:
            assert str(error), "a refusal without words"
            outcome = "type"
        except (UnicodeError, ValueError):
            outcome = "value"
        except (SSL.Error, crypto.Error, NotImplementedError, OSError):
            outcome = "taken"
        else:
            outcome = "taken"
    return outcome, any(each.category is DeprecationWarning for each in caught)


#: By kind: what becomes of text, bytes, other bytes-like objects and paths.
RULE = {
    BYTES: {"text": "type", "bytes": "taken", "like": "taken", "path": "type"},
    WARNED: {"text": "warned", "bytes": "taken", "like": "taken", "path": "type"},
    EITHER: {"text": "taken", "bytes": "taken", "like": "taken", "path": "type"},
    TEXT: {"text": "taken", "bytes": "type", "like": "type", "path": "type"},
    PATH: {"text": "taken", "bytes": "taken", "like": "type", "path": "taken"},
    OLD_PATH: {"text": "warned", "bytes": "taken", "like": "type", "path": "taken"},
    SECRET: {"text": "type", "bytes": "taken", "like": "type", "path": "type"},
    ALGORITHM: {"text": "taken", "bytes": "taken", "like": "type", "path": "type"},
}


def given(good: str) -> dict[str, list[object]]:
    octets = good.encode()
    return {
        "text": [good],
        "bytes": [octets],
        "like": [bytearray(octets), memoryview(octets), memoryview(bytearray(octets))],
        "path": [pathlib.PurePosixPath(good)] if len(good) < 300 else [],
    }


@pytest.mark.parametrize("line", ROWS, ids=NAMES)
def test_what_is_taken(line: Row) -> None:
    for what, values in given(line[3]).items():
        for value in values:
            outcome, warned = taken(line, value)
            rule = RULE[line[1]][what]
            assert outcome == rule.replace("warned", "taken"), f"{what}: {value!r:.60}"
            assert warned == (rule == "warned"), f"{what}: {value!r:.60}"


@pytest.mark.parametrize("line", ROWS, ids=NAMES)
def test_what_is_never_taken(line: Row) -> None:
    """Neither what is not text nor bytes, nor text without an encoding."""
    for value in (7, 1.5, object(), {}, [7]):
        if value == 7 and "generate_key" in line[0]:
            continue  # a kind of key may be a number
        outcome, _ = taken(line, value)
        assert outcome in ("type", "value"), f"{value!r:.60}"
    if line[1] not in (PATH,) and RULE[line[1]]["text"] != "type":
        outcome, _ = taken(line, line[3] + "\udcff")
        assert outcome == "value" or line[1] == OLD_PATH


@pytest.mark.parametrize("line", [line for line in ROWS if line[5]], ids=lambda line: line[0])
def test_a_nul_byte_cuts_nothing_short(line: Row) -> None:
    for what, rule in RULE[line[1]].items():
        if rule == "type" or what not in ("text", "bytes"):
            continue
        good = line[3][:1] + "\0" + line[3][1:]
        outcome, _ = taken(line, good if what == "text" else good.encode())
        # As pyOpenSSL has it.
        assert outcome == ("type" if "set_tlsext_host_name" in line[0] else "value"), what


#: What takes text or bytes and is not in the table, and why.
ELSEWHERE = {
    "makefile": "words of open()",
    "extension": "a number",
    "describe": "of Trace: what a callback was told",
    "get_implemented_groups": "a bool",
    "enable_ct": "a bool",
    "recv_into": "a buffer to be filled",
    "recvmsg": "numbers",
    "recvmsg_into": "buffers to be filled",
    "read_early_data": "a number",
    "refresh": "of StapleFile: a URL, in the tests of its topic",
    "get_elliptic_curve": "any other object is an unknown name, as pyOpenSSL has it",
    "ocsp_request": "in the tests of its topic",
    "new_config": "of ECHStore, which few libraries have: in the tests of its topic",
    "read_config_list": "of ECHStore",
    "read_pem": "of ECHStore",
    "write_pem": "of ECHStore: a number",
    "hash": "of SigningAlgorithm: what a signer was told",
    "dump_certificate": "numbers",
    "dump_certificate_request": "numbers",
    "dump_crl": "numbers",
    "dump_publickey": "numbers",
    "OpenSSL_version": "a number",
    "SSLeay_version": "a number",
    "X509_verify_cert_error_string": "a number",
    "ocsp_urls": "a certificate",
    "bytes": "a number",
}
WORDS = ("str", "bytes", "Path", "Buffer", "Any")


def public() -> set[str]:
    """The names of what has an argument that is text, bytes or a path, by its annotations."""
    found = set()
    for module in (SSL, crypto, rand):
        for name in module.__all__:
            made = getattr(module, name)
            members = {name: made}
            if isinstance(made, type):
                if issubclass(made, BaseException) or made.__module__ == "builtins":
                    continue
                members = {each: getattr(made, each) for each in vars(made) if each[0] != "_"}
                for base in made.__mro__[1:]:
                    if base.__module__.startswith("OpenSSL"):
                        members |= {
                            each: getattr(made, each) for each in vars(base) if each[0] != "_"
                        }
            for called, member in members.items():
                if not callable(member) or isinstance(member, type):
                    continue
                try:
                    parameters = inspect.signature(member).parameters.values()
                except ValueError:
                    continue
                for each in parameters:
                    said = str(each.annotation)
                    if "Callable" in said or each.annotation is inspect.Parameter.empty:
                        continue
                    if any(word in said.replace("Any", "") for word in WORDS):
                        found.add(called)
    return found


def test_the_table_is_whole() -> None:
    here = {part for line in OWN for part in line[0].replace(":", ".").split(".")}
    missing = {name for name in public() if name not in here and name not in ELSEWHERE}
    assert not missing, sorted(missing)
    assert len(public()) > 60
    assert not set(ELSEWHERE) & here


def test_the_table_of_adapters_is_whole() -> None:
    here = {part for line in spelled_adapters.ROWS for part in line[0].split(":")[0].split(".")}
    names = {name for module in (aio, fleet, key_files) for name in module.__all__}
    missing = set()
    for name in names - here - set(spelled_adapters.ELSEWHERE):
        made = next(getattr(each, name) for each in (aio, fleet, key_files) if hasattr(each, name))
        if not inspect.isfunction(made) and not inspect.isclass(made):
            continue
        calls = [made] if inspect.isfunction(made) else vars(made).values()
        for each in filter(inspect.isfunction, calls):
            said = {str(one.annotation) for one in inspect.signature(each).parameters.values()}
            if any(word in words for words in said for word in ("str", "bytes", "Path")):
                missing.add(name)
    assert not missing, sorted(missing)
    assert len(here & names) > 8
    assert not set(spelled_adapters.ELSEWHERE) & here


def test_the_documentation_names_what_takes_text_with_a_warning() -> None:
    page = pathlib.Path(__file__).parents[3].joinpath("docs/api/index.md").read_text()
    warned = {line[0].rpartition(".")[2].split(":")[0] for line in ROWS if line[1] == WARNED}
    for name in warned | {"load_client_ca"}:
        assert f"`{name}`" in page or f".{name}`" in page, name
