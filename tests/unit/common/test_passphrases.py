"""Keys under a passphrase: the right one, wrong ones, and callbacks that misbehave."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kit import authority, contexts
from kit.patience import PATIENCE
from kit.programs import quiet_environment
from kit.pump import works
from kit.verdicts import says_something
from OpenSSL import SSL


@pytest.fixture(scope="module")
def good():
    return authority.identity("ecdsa").files


def test_the_right_passphrase(good):
    context = contexts.blank_context()
    asked = []
    context.set_passwd_cb(
        lambda *arguments: asked.append(arguments) or authority.PASSPHRASE, "userdata"
    )
    context.use_certificate_file(str(good.certificate))
    context.use_privatekey_file(str(good.key_encrypted))
    context.check_privatekey()
    ((size, twice, userdata),) = asked
    assert size >= len(authority.PASSPHRASE)
    assert not twice
    assert userdata == "userdata"
    assert works(context)


@pytest.mark.parametrize("answer", [b"wrong", b"", b"x" * 500, authority.PASSPHRASE + b"x"])
def test_a_wrong_passphrase(good, answer):
    context = contexts.blank_context()
    context.set_passwd_cb(lambda *_: answer)
    with pytest.raises(SSL.Error) as caught:
        context.use_privatekey_file(str(good.key_encrypted))
    assert says_something(caught.value)
    assert works(context)


def test_a_passphrase_beyond_the_limit(good):
    """It is refused or cut, but nothing is written beyond the end."""
    context = contexts.blank_context()
    context.set_passwd_cb(lambda size, *_: b"x" * (size + 100000))
    with pytest.raises((SSL.Error, ValueError)) as caught:
        context.use_privatekey_file(str(good.key_encrypted))
    assert says_something(caught.value)
    assert works(context)


@pytest.mark.parametrize("answer", ["text", 7, [b"x"], object()])
def test_what_is_no_passphrase(good, answer):
    context = contexts.blank_context()
    context.set_passwd_cb(lambda *_: answer)
    with pytest.raises((TypeError, ValueError)) as caught:
        context.use_privatekey_file(str(good.key_encrypted))
    assert says_something(caught.value)
    assert works(context)


class Trouble(BaseException):
    """Not even an Exception."""


@pytest.mark.parametrize("kind", [RuntimeError, Trouble, KeyboardInterrupt])
def test_a_callback_that_raises(good, kind):
    context = contexts.blank_context()
    mine = kind("mine")

    def callback(*_):
        raise mine

    context.set_passwd_cb(callback)
    with pytest.raises(kind) as caught:
        context.use_privatekey_file(str(good.key_encrypted))
    assert caught.value is mine
    assert works(context)


def test_no_callback_and_no_terminal(good):
    """Without a terminal nobody can be asked, which must be an error and not a wait."""
    program = f"""
from OpenSSL import SSL
context = SSL.Context(SSL.TLS_METHOD)
try:
    context.use_privatekey_file({str(good.key_encrypted)!r})
except SSL.Error as error:
    assert error.args[0]
else:
    raise SystemExit("an encrypted key was loaded without a passphrase")
"""
    result = subprocess.run(
        [sys.executable, "-c", program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        start_new_session=True,
        env=quiet_environment(),
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
