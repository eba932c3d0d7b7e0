"""``certificates``: files to try things with, that hold what they should and harm nothing."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

pytest.importorskip("click")

from kit import pump
from kit.commands import brisk
from OpenSSL import SSL, crypto

NAMES = ("ca", "server", "shop", "client")


def made(folder: Path, *options: str) -> dict[str, bytes]:
    done = brisk("certificates", folder, *options)
    assert done.status == 0, done
    assert "server.pem" in done.out
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def context(folder: Path, name: str, method: int) -> SSL.Context:
    found = SSL.Context(method)
    found.use_certificate_chain_file(folder / f"{name}.pem")
    found.use_privatekey_file(folder / f"{name}.key")
    found.check_privatekey()
    found.load_verify_locations(folder / "ca.pem")
    found.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
    return found


@pytest.mark.parametrize(
    ("name", "host"),
    [("server", "localhost"), ("server", "127.0.0.1"), ("server", "::1"), ("shop", "shop.test")],
)
def test_both_sides_verify_each_other(name: str, host: str, tmp_path: Path) -> None:
    made(tmp_path)
    ends = pump.pair(
        context(tmp_path, name, SSL.TLS_SERVER_METHOD),
        context(tmp_path, "client", SSL.TLS_CLIENT_METHOD),
    )
    ends.client.set_host(host)
    pump.handshake(*ends)
    certificate = ends.server.get_peer_certificate()
    assert certificate is not None
    assert certificate.get_subject().CN == "client"


@pytest.mark.parametrize("name", ["client", "ca"])
def test_nobody_else_is_a_server(name: str, tmp_path: Path) -> None:
    made(tmp_path)
    ends = pump.pair(
        context(tmp_path, name, SSL.TLS_SERVER_METHOD),
        context(tmp_path, "client", SSL.TLS_CLIENT_METHOD),
    )
    ends.client.set_host("localhost")
    outcome = pump.handshake_outcome(*ends)
    assert isinstance(outcome.client, SSL.Error)


def test_days(tmp_path: Path) -> None:
    made(tmp_path, "--days", "2")
    for name in NAMES:
        pem = (tmp_path / f"{name}.pem").read_bytes()
        certificate = crypto.load_certificate(crypto.FILETYPE_PEM, pem)
        assert not certificate.has_expired()
        ends = certificate.get_notAfter()
        begins = certificate.get_notBefore()
        assert ends is not None and begins is not None
        assert int(ends[:8]) - int(begins[:8]) >= 2 or ends[:6] != begins[:6]
    assert brisk("certificates", tmp_path / "other", "--days", "0").status == 2


@pytest.mark.skipif(os.name != "posix", reason="there are no modes")
def test_keys_are_their_owners_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        made(tmp_path)
    finally:
        os.umask(old)
    for name in NAMES:
        mode = stat.S_IMODE((tmp_path / f"{name}.key").stat().st_mode)
        assert mode == 0o600


def test_files_that_are_there_stay(tmp_path: Path) -> None:
    folder = tmp_path / "new/folder"
    first = made(folder)
    done = brisk("certificates", folder)
    assert done.status == 3
    assert "is there already" in done.err
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == first
    (folder / "ca.pem").unlink()
    assert brisk("certificates", folder).status == 3  # one that is left is enough
    assert not (folder / "ca.pem").exists()
    second = made(folder, "--replace")
    assert second.keys() == first.keys()
    assert all(second[name] != first[name] for name in first)


def test_no_link_is_followed(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("mine")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "server.key").symlink_to(target)
    assert brisk("certificates", folder).status == 3
    made(folder, "--replace")
    assert target.read_text() == "mine"
    assert not (folder / "server.key").is_symlink()


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = brisk("certificates", blocked / "folder")
    assert done.status == 3
    assert "cannot write" in done.err
