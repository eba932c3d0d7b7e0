"""Certificate and key files that are missing, empty, cut, swapped, mismatched or locked."""

from __future__ import annotations

import pytest

from kit import authority, contexts, pump
from kit.pump import works
from kit.verdicts import says_something
from OpenSSL import SSL

PEM, DER = SSL.FILETYPE_PEM, 2


@pytest.fixture(scope="module")
def good():
    return authority.identity("ecdsa").files


@pytest.fixture(scope="module")
def folder(tmp_path_factory, good):
    """Every way in which a file can be bad."""
    path = tmp_path_factory.mktemp("bad")
    certificate, key = good.certificate.read_bytes(), good.key.read_bytes()
    for name, content in {
        "empty": b"",
        "garbage": bytes(range(256)) * 8,
        "text": b"This is not the file you are looking for.\n",
        "certificate-cut.pem": certificate[: len(certificate) // 2],
        "certificate-spoilt.pem": certificate.replace(b"MII", b"MI!", 1),
        "certificate-hollow.pem": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "certificate-cut.der": good.certificate_der.read_bytes()[:-20],
        "key-cut.pem": key[: len(key) // 2],
        "key-spoilt.pem": key.replace(b"MIG", b"MI!", 1),
        "key-hollow.pem": b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "key-cut.der": good.key_der.read_bytes()[:-20],
        "certificate.pem": certificate,
        "certificate.der": good.certificate_der.read_bytes(),
        "key.pem": key,
        "key.der": good.key_der.read_bytes(),
    }.items():
        (path / name).write_bytes(content)
    (path / "folder").mkdir()
    return path


ANYWHERE = ["missing", "empty", "garbage", "text", "folder", "no/such/folder"]

LOADERS = {
    "use_certificate_file": (
        lambda context, path: context.use_certificate_file(path, PEM),
        ["certificate-cut.pem", "certificate-spoilt.pem", "certificate-hollow.pem"],
        ["certificate.der", "key.pem"],
    ),
    "use_certificate_file DER": (
        lambda context, path: context.use_certificate_file(path, DER),
        ["certificate-cut.der"],
        ["certificate.pem", "key.der"],
    ),
    "use_certificate_chain_file": (
        lambda context, path: context.use_certificate_chain_file(path),
        ["certificate-cut.pem", "certificate-spoilt.pem", "certificate-hollow.pem"],
        ["certificate.der", "key.pem"],
    ),
    "use_privatekey_file": (
        lambda context, path: context.use_privatekey_file(path, PEM),
        ["key-cut.pem", "key-spoilt.pem", "key-hollow.pem"],
        ["key.der", "certificate.pem"],
    ),
    "use_privatekey_file DER": (
        lambda context, path: context.use_privatekey_file(path, DER),
        ["key-cut.der"],
        ["key.pem", "certificate.der"],
    ),
    "load_verify_locations": (
        lambda context, path: context.load_verify_locations(path),
        ["certificate-cut.pem", "certificate-spoilt.pem", "certificate-hollow.pem"],
        ["certificate.der", "key.pem"],
    ),
    "load_client_ca": (
        lambda context, path: context.load_client_ca(path.encode()),
        ["certificate-cut.pem", "certificate-spoilt.pem", "certificate-hollow.pem"],
        ["certificate.der", "key.pem"],
    ),
    "load_tmp_dh": (
        lambda context, path: context.load_tmp_dh(path),
        [],
        ["certificate.pem", "key.pem", "key.der"],
    ),
}

CASES = [
    pytest.param(call, name, id=f"{loader}-{name}")
    for loader, (call, cut, swapped) in LOADERS.items()
    for name in [*ANYWHERE, *cut, *swapped]
]


@pytest.mark.parametrize(("load", "name"), CASES)
@pytest.mark.holds("C33")
def test_a_bad_file(load, name, folder):
    context = contexts.blank_context()
    with pytest.raises(SSL.Error) as caught:
        load(context, str(folder / name))
    assert says_something(caught.value)
    assert works(context)


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.holds("C11")
def test_a_bad_path(loader, good):
    """A NUL must not silently end the name of a good file."""
    load = LOADERS[loader][0]
    context = contexts.blank_context()
    path = {"load_tmp_dh": good.key, "use_privatekey_file": good.key}.get(loader, good.certificate)
    with pytest.raises((ValueError, SSL.Error)) as caught:
        load(context, f"{path}\0.txt")
    assert says_something(caught.value)
    assert works(context)


@pytest.mark.parametrize("wrong", [None, 7, 1.5, ["a"], object()])
@pytest.mark.parametrize(
    "name",
    [
        "use_certificate_file",
        "use_certificate_chain_file",
        "use_privatekey_file",
        "load_client_ca",
        "load_tmp_dh",
    ],
)
def test_what_is_no_path(name, wrong):
    context = contexts.blank_context()
    with pytest.raises(TypeError) as caught:
        getattr(context, name)(wrong)
    assert says_something(caught.value)
    assert works(context)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [((None,), SSL.Error), ((None, None), SSL.Error), ((7,), TypeError), ((None, 7), TypeError)],
)
def test_no_verify_locations(arguments, expected):
    context = contexts.blank_context()
    with pytest.raises(expected) as caught:
        context.load_verify_locations(*arguments)
    assert says_something(caught.value)


@pytest.mark.parametrize("filetype", [0, 3, 99, -1, 65535])
@pytest.mark.parametrize("name", ["use_certificate_file", "use_privatekey_file"])
def test_an_unknown_file_type(name, filetype, good):
    context = contexts.blank_context()
    with pytest.raises((SSL.Error, ValueError)) as caught:
        getattr(context, name)(str(good.combined), filetype)
    assert says_something(caught.value)
    assert works(context)


@pytest.mark.parametrize("filetype", ["PEM", None, 1.0, b"1"])
@pytest.mark.parametrize("name", ["use_certificate_file", "use_privatekey_file"])
def test_a_file_type_that_is_no_number(name, filetype, good):
    with pytest.raises(TypeError) as caught:
        getattr(contexts.blank_context(), name)(str(good.combined), filetype)
    assert says_something(caught.value)


# ---- files that do not belong together


def another():
    return authority.client_identity("ecdsa").files


def test_another_key_of_the_same_kind(good):
    context = contexts.blank_context()
    context.use_certificate_file(str(good.certificate))
    with pytest.raises(SSL.Error, match="key values mismatch") as caught:
        context.use_privatekey_file(str(another().key))
    assert says_something(caught.value)
    with pytest.raises(SSL.Error):
        context.check_privatekey()
    assert works(context)


def test_a_key_of_another_kind(good):
    context = contexts.blank_context()
    context.use_certificate_file(str(good.certificate))
    with pytest.raises(SSL.Error) as caught:
        context.use_privatekey_file(str(authority.identity("rsa").files.key))
        context.check_privatekey()
    assert says_something(caught.value)
    assert works(context)


def test_a_certificate_after_another_key(good):
    """The certificate may come last; then the check tells that the key has no partner."""
    context = contexts.blank_context()
    context.use_privatekey_file(str(another().key))
    context.use_certificate_file(str(good.certificate))
    with pytest.raises(SSL.Error) as caught:
        context.check_privatekey()
    assert says_something(caught.value)
    assert works(context)


@pytest.mark.parametrize("have", ["nothing", "certificate", "key"])
def test_nothing_to_check(have, good):
    context = contexts.blank_context()
    if have == "certificate":
        context.use_certificate_file(str(good.certificate))
    if have == "key":
        context.use_privatekey_file(str(good.key))
    with pytest.raises(SSL.Error) as caught:
        context.check_privatekey()
    assert says_something(caught.value)
    assert works(context)


def test_a_server_without_a_certificate():
    outcome = pump.handshake_outcome(
        *pump.pair(contexts.blank_context(), contexts.client_context())
    )
    assert "no shared cipher" in str(outcome.server) or "no suitable" in str(outcome.server)
    assert "alert" in str(outcome.client)
