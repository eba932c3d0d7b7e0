"""Arguments that close, re-enter, change or raise while they are converted.

`make fuzz` tries more of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kit import evil, pump
from kit.contexts import client_context, server_context
from OpenSSL import SSL, crypto


@pytest.mark.parametrize("seed", range(6))
def test_nothing_but_documented_exceptions_comes_out(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # some calls write files
    round_ = evil.Round(seed)
    while round_.calls < 300:
        round_.life(10)
    assert round_.findings == []
    assert round_.raised["TypeError"] > 50


def test_what_an_argument_raises_comes_out_as_it_is() -> None:
    ends = pump.connected(server_context(), client_context())
    boom = evil.acts_on(ends)[0]
    for call in (
        lambda: ends.client.recv(evil.Evil(boom, 5)),  # type: ignore[arg-type]
        lambda: ends.client.get_context().set_timeout(evil.Evil(boom, 5)),  # type: ignore[arg-type]
        lambda: crypto.X509().set_serial_number(evil.evil_number(boom)),
        lambda: ends.client.get_context().use_certificate_file(
            evil.Evil(boom, 5)  # type: ignore[arg-type]
        ),
    ):
        with pytest.raises((evil.Mischief, TypeError)):
            call()


def test_a_size_that_closes_the_connection() -> None:
    """What was asked of a connection is done under what holds when the argument is known."""
    ends = pump.connected(server_context(), client_context())
    ends.server.send(b"data")
    pump.exchange(*ends)
    size = evil.Evil(lambda: ends.client.recv(2), 10)
    assert ends.client.recv(size) == b"ta"  # type: ignore[arg-type]
    with pytest.raises(SSL.ZeroReturnError):
        ends.client.recv(
            evil.Evil(  # type: ignore[arg-type]
                lambda: (ends.server.shutdown(), pump.exchange(*ends)), 10
            )
        )


@pytest.mark.parametrize("name", [5, b"CN", None, {}])
def test_a_name_of_an_attribute_is_text(name: object) -> None:
    with pytest.raises(TypeError, match="attribute name must be string"):
        crypto.X509().get_subject().__setattr__(name, "x")  # type: ignore[arg-type]


@pytest.mark.parametrize("place", range(5))
def test_what_a_signature_is_made_by_has_names(place: int) -> None:
    words: list[object] = ["EC", None, "sha256", None, "prime256v1"]
    words[place] = b"sha256"
    if place == 3:
        return
    with pytest.raises(TypeError, match="must be str"):
        crypto.SigningAlgorithm(*words)  # type: ignore[arg-type]
