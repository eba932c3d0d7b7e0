"""How objects show themselves: what for, in one line, without a secret, whatever their state."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable

import pytest

from kit import authority, contexts, pump
from OpenSSL import SSL, crypto

WINDOWS = ("OpenSSL.SSL", "OpenSSL.crypto")
CLASSES = {
    f"{name}.{member}": value
    for name in WINDOWS
    for member, value in vars(importlib.import_module(name)).items()
    if inspect.isclass(value) and not member.startswith("_")
}


@pytest.mark.parametrize("name", CLASSES)
def test_what_was_never_initialised_can_be_shown(name: str) -> None:
    kind = CLASSES[name]
    try:
        made = kind.__new__(kind)
    except TypeError:
        return  # it cannot be had without its arguments
    for each in (repr(made), f"{made!r}"):
        assert kind.__name__.lstrip("_").split(".")[-1] in each
        assert "\n" not in each


def certificate() -> crypto.X509:
    return crypto.load_certificate(crypto.FILETYPE_PEM, authority.identity().pem)


def key() -> crypto.PKey:
    pem = authority.identity().files.key.read_bytes()
    return crypto.load_privatekey(crypto.FILETYPE_PEM, pem)


def request() -> crypto.X509Req:
    made = crypto.X509Req()
    made.get_subject().CN = "a\nb"
    return made


def public() -> crypto.PKey:
    return certificate().get_pubkey()


def connected() -> SSL.Connection:
    return pump.connected(contexts.server_context(), contexts.client_context()).client


def revoked() -> crypto.Revoked:
    made = crypto.Revoked()
    made.set_serial(b"1F")
    return made


SHOWN: dict[str, tuple[Callable[[], object], str]] = {
    "an empty Context": (
        lambda: SSL.Context(SSL.TLS_CLIENT_METHOD),
        "Context TLS_CLIENT_METHOD, VERIFY_NONE",
    ),
    "an old name of a method": (
        lambda: SSL.Context(SSL.SSLv23_METHOD),
        "Context SSLv23_METHOD, VERIFY_NONE",
    ),
    "a server": (
        lambda: contexts.server_context(require_client=True),
        (
            "Context TLS_METHOD, certificate of /O=Brisk Tests/CN=server, "
            r"VERIFY_PEER\|VERIFY_FAIL_IF_NO_PEER_CERT"
        ),
    ),
    "a new connection": (
        lambda: SSL.Connection(contexts.client_context()),
        "Connection before SSL initialization",
    ),
    "a connection": (connected, r"Connection client, TLSv1\.3, TLS_AES_256_GCM_SHA384"),
    "a session": (
        lambda: connected().get_session(),
        r"Session version 0x304, TLS_AES_256_GCM_SHA384, (?:not )?resumable",
    ),
    "an empty key": (crypto.PKey, "PKey empty"),
    "a private key": (key, r"PKey EC, 256 bits, private"),
    "a public key": (public, r"PKey EC, 256 bits, public"),
    "a certificate": (certificate, "X509 /O=Brisk Tests/CN=server"),
    "a request": (request, r"X509Req /CN=a\\\\x0Ab"),
    "a revoked certificate": (revoked, "Revoked serial number 1F"),
    "an extension": (
        lambda: crypto.X509Extension(b"basicConstraints", True, b"CA:TRUE"),
        "X509Extension basicConstraints, critical",
    ),
    "a verification": (
        lambda: crypto.X509StoreContext(crypto.X509Store(), certificate()),
        r"X509StoreContext for <OpenSSL\.crypto\.X509 .*>",
    ),
}


@pytest.mark.differs("repr of a Context, Connection")
@pytest.mark.parametrize("name", SHOWN)
def test_it_says_what_it_is_for(name: str) -> None:
    make, words = SHOWN[name]
    made = make()
    kind, _, told = words.partition(" ")
    start = rf"<OpenSSL\.(?:SSL|crypto)\.{kind} object at 0x[0-9a-f]+, "
    assert re.fullmatch(rf"{start}{told}>", repr(made)), repr(made)


def test_a_name_of_any_length_is_cut() -> None:
    made = crypto.X509Req()
    for field in ("CN", "O", "OU", "L", "ST"):
        setattr(made.get_subject(), field, "x" * 60)
    assert len(made.get_subject().oneline()) > 300
    assert len(repr(made)) < 300
    assert repr(made).endswith("...>")


def test_a_subclass_goes_by_its_own_name_and_may_fail() -> None:
    class Site(SSL.Context):
        def get_verify_mode(self) -> int:
            raise RuntimeError("broken")

    assert repr(Site(SSL.TLS_METHOD)).startswith(f"<{__name__}")


@pytest.mark.differs("repr of a Context, Connection")
def test_no_secret_is_shown() -> None:
    lines: list[bytes] = []
    context = contexts.client_context()
    context.set_keylog_callback(lambda connection, line: lines.append(line))
    client = pump.connected(contexts.server_context(), context).client
    shown = "".join(map(repr, (client, client.get_session(), context, key())))
    secrets = [line.split()[-1].decode() for line in lines]
    assert len(secrets) == 5
    secrets += crypto.dump_privatekey(crypto.FILETYPE_PEM, key()).decode().splitlines()
    assert [each for each in secrets if each in shown] == []
