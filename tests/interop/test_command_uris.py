"""Keys and certificates that the command line is given as URIs: files, and a token of SoftHSM."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("click")

from kit import authority, elsewhere, tokens
from kit.commands import COMMAND, Outcome, brisk, brisk_program, environment, serving
from kit.identity import Files
from kit.patience import PATIENCE
from kit.programs import Program, running

FILES = authority.identity().files
TRUST = ("--cafile", authority.trust_file())
PHRASE = authority.PASSPHRASE.decode()


def uri_of(path: Path) -> str:
    return f"file:{path}"


# ---- files


@pytest.mark.parametrize("form", ["together", "the key", "the certificate", "both"])
def test_files_by_uri_serve_and_connect(form: str) -> None:
    def mine(files: Files) -> tuple[object, ...]:
        chain, key = uri_of(files.chain), uri_of(files.key)
        return {
            "together": ("--cert", uri_of(files.combined)),
            "the key": ("--cert", files.chain, "--key", key),
            "the certificate": ("--cert", chain, "--key", files.key),
            "both": ("--cert", chain, "--key", uri_of(files.key_der)),
        }[form]

    visitor = mine(authority.client_identity().files)
    with serving(*mine(FILES), "--client-ca", authority.trust_file()) as (_, port):
        outcome = brisk("connect", f"localhost:{port}", *TRUST, *visitor, "--json")
        assert outcome.status == 0, outcome.err
        assert outcome.data["ok"] is True
        assert len(outcome.data["chain"]) > 1
        assert brisk("connect", f"localhost:{port}", *TRUST, "--json").status == 32


def test_show_finds_what_a_uri_names() -> None:
    shown = brisk("show", uri_of(FILES.combined), "--json")
    assert shown.status == 0, shown.err
    assert shown.data["keys"][0]["private"]
    assert shown.data["keys"][0]["belongs_to"]
    assert shown.data["keys"][0]["file"] == uri_of(FILES.combined)


def test_a_file_with_a_colon_in_its_name_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pkcs11:object=x").write_bytes(FILES.combined.read_bytes())
    assert brisk("show", "pkcs11:object=x", "--json").data["keys"]


@pytest.mark.parametrize(
    ("mine", "words"),
    [
        (("nobody:knows",), "no provider of OpenSSL here knows such a URI"),
        (("--key", "nobody:knows"), "OPENSSL_CONF"),
        (("--key", uri_of(authority.stranger().files.key)), "does not belong to"),
        (("--key", "file:/no/such"), "/no/such"),
        (("--key", "pkcs11:object=x?pin-value=4711&pin-source=pin"), "one PIN is enough"),
        (("--key", "pkcs11:object=x?pin-source=|cat"), "takes the name of a file"),
        (("--key", "pkcs11:object=x?pin-source=http://x/"), "takes the name of a file"),
    ],
)
def test_what_is_wrong_with_a_uri_is_said(mine: tuple[str, ...], words: str) -> None:
    if mine[0] == "--key":
        mine = (str(FILES.chain), *mine)
    for command in (("connect", "localhost:1"), ("scan", "localhost:1"), ("serve",)):
        outcome = brisk(*command, "--cert", *mine)
        assert outcome.status in (2, 3), outcome
        assert words in outcome.err, outcome.err
        assert "4711" not in outcome.err + outcome.out
        assert len(outcome.err.splitlines()) == 1, outcome.err


@contextlib.contextmanager
def at_a_terminal(*arguments: object, **more: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=terminal,
        env=environment(**more),
        start_new_session=True,
    )
    os.close(terminal)
    with process:
        try:
            yield controller, process
        finally:
            process.kill()
            os.close(controller)


def answered(question: bytes, answer: str, *arguments: object, **more: str) -> tuple[bytes, bytes]:
    """What a program prints, and shows at the terminal, when it is answered one question."""
    screen = bytearray()
    asked = threading.Event()

    def read(controller: int) -> None:
        with contextlib.suppress(OSError):  # of a terminal whose other end is closed
            while part := os.read(controller, 4096):
                screen.extend(part)
                if question in screen:
                    asked.set()
        asked.set()

    with at_a_terminal(*arguments, **more) as (controller, process):
        reader = threading.Thread(target=read, args=(controller,))
        reader.start()
        assert asked.wait(PATIENCE)
        os.write(controller, answer.encode() + b"\n")
        out, _ = process.communicate(timeout=PATIENCE)
        reader.join(PATIENCE)
        assert process.returncode == 0, screen
    return out, bytes(screen)


def test_a_passphrase_is_asked_for_and_not_shown() -> None:
    uri = uri_of(FILES.key_encrypted)
    out, screen = answered(b"Passphrase for ", PHRASE, "show", uri, "--json")
    assert b'"private": true' in out
    assert PHRASE.encode() not in screen + out
    assert screen.count(b"Passphrase for") == 1
    assert "no terminal to ask on" in brisk_program("show", uri).err


# ---- a token


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> tokens.Token:
    return tokens.make_token(tmp_path_factory.mktemp("token"))


@pytest.fixture
def pin(tmp_path: Path) -> Path:
    path = tmp_path / "pin"
    path.write_text(tokens.PIN + "\n")
    return path


@contextlib.contextmanager
def serving_from(token: tokens.Token, *arguments: object) -> Iterator[tuple[Program, int]]:
    surroundings = [f"{name}={value}" for name, value in token.surroundings.items()]
    command = [*COMMAND, "serve", "--port", "0", *map(str, arguments)]
    with running("env", *surroundings, *command) as program:
        port = int(program.expect(r"^listening on https://.*:(\d+)/").group(1))
        yield program, port


def seen(token: tokens.Token, *arguments: object) -> Outcome:
    return brisk_program(*arguments, **token.surroundings)


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("rsa", "pin-source=file:{}"),
        ("p256", "pin-source=file://{}"),
        ("p256", "pin-source={}"),
        ("p256", "pin-value=1234"),
    ],
)
def test_a_key_in_a_token_serves_and_connects(
    token: tokens.Token, kind: str, source: str, pin: Path
) -> None:
    certificate = elsewhere.files(kind).certificate
    key = f"{token.uri(kind)}?{source.format(pin)}"
    mine = ("--cert", certificate, "--key", key)
    with serving_from(token, *mine, "--client-ca", certificate) as (program, port):
        target = (f"localhost:{port}", "--cafile", certificate, "--json")
        outcome = seen(token, "connect", *target, *mine)
        assert outcome.status == 0, outcome.err + program.output
        assert f"={tokens.PIN}" not in program.output + outcome.out + outcome.err
        assert seen(token, "connect", *target).status == 32


def test_a_key_in_a_token_is_shown_without_its_pin(token: tokens.Token) -> None:
    certificate = elsewhere.files("p256").certificate
    for form in ((), ("--json",)):
        uri = f"{token.uri('p256')}?pin-value={tokens.PIN}"
        outcome = seen(token, "show", uri, certificate, *form)
        assert outcome.status == 0, outcome.err
        assert "pin-value=..." in outcome.out
        assert f"={tokens.PIN}" not in outcome.out + outcome.err


def test_a_pin_is_asked_for_once_and_not_shown(token: tokens.Token) -> None:
    certificate = elsewhere.files("p256").certificate
    key = token.uri("p256")
    with serving_from(token, "--cert", certificate, "--key", f"{key}?pin-value={tokens.PIN}") as (
        _,
        port,
    ):
        out, screen = answered(
            b"PIN for ", tokens.PIN, "scan", f"localhost:{port}", "--cafile", certificate,
            "--cert", certificate, "--key", key, "--json", **token.surroundings,
        )  # fmt: skip
    assert json.loads(out)["versions"][0]["outcome"] == "accepted"
    assert screen.count(b"PIN for") == 1
    assert tokens.PIN.encode() not in screen


@pytest.mark.parametrize("command", ["connect", "scan"])
def test_a_wrong_pin_is_tried_once(token: tokens.Token, command: str, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("9753\n")
    certificate = elsewhere.files("p256").certificate
    key = f"{token.uri('p256')}?pin-source={wrong}"
    outcome = seen(token, command, "localhost:1", "--cert", certificate, "--key", key)
    assert outcome.status == 3, outcome
    assert "is the PIN right?" in outcome.err
    assert "9753" not in outcome.err
    # The provider asks at the terminal each time that it is refused a PIN; there is none here.
    assert outcome.err.count("Enter PIN") <= 1, outcome.err


def test_a_pin_that_is_not_there(token: tokens.Token, tmp_path: Path) -> None:
    certificate = elsewhere.files("p256").certificate
    for query, words in (
        ("", "needs a PIN, and there is no terminal to ask on"),
        (f"?pin-source={tmp_path}/nothing", "nothing: No such file"),
        (f"?pin-source=file://{tmp_path}/nothing", "nothing: No such file"),
    ):
        outcome = seen(
            token, "connect", "localhost:1", "--cert", certificate,
            "--key", token.uri("p256") + query,
        )  # fmt: skip
        assert outcome.status == 3, outcome
        assert words in outcome.err
