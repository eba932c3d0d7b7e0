"""What is in a wheel: one library, one OpenSSL, and nothing of the machine it was made on."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from kit import contexts, pump
from OpenSSL import SSL
from OpenSSL._face.common import library
from OpenSSL._native import core

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.long,
    pytest.mark.wheel,
    pytest.mark.skipif("BRISK_WHEEL" not in os.environ, reason="make test-wheel names a wheel"),
]


@pytest.fixture(scope="module")
def wheel() -> Path:
    return Path(os.environ["BRISK_WHEEL"])


def inside(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_it_is_the_wheel_that_is_tested(wheel: Path) -> None:
    installed = Path(str(core.__file__))
    assert ROOT / "src" not in installed.parents
    assert inside(wheel)[f"OpenSSL/_native/{installed.name}"] == installed.read_bytes()
    assert library.is_bundled()


def test_it_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < 8_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="manylinux is of Linux")
def test_it_runs_on_systems_of_2018_and_later(wheel: Path) -> None:
    tags = re.findall(r"manylinux_2_(\d+)_", wheel.name)
    assert tags
    assert min(map(int, tags)) <= 28


def test_no_path_of_the_build_is_inside(wheel: Path) -> None:
    words = [str(ROOT).encode(), str(Path.home()).encode() + b"/", b".mesonpy-", b"/tmp/pip"]
    for name, data in inside(wheel).items():
        assert [word for word in words if word in data] == [], name


@pytest.mark.skipif(sys.platform != "linux", reason="reads ELF files")
def test_names_that_only_debuggers_read_are_left_out() -> None:
    command = ["readelf", "-W", "-S", str(core.__file__)]
    sections = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert ".dynsym" in sections
    assert ".symtab" not in sections


@pytest.mark.skipif(sys.platform != "linux", reason="reads ELF files")
def test_no_libssl_is_asked_for_and_none_is_shown() -> None:
    def told(*options: str) -> str:
        command = ["readelf", "-W", *options, str(core.__file__)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    needed = re.findall(r"NEEDED.*\[(.*)\]", told("-d"))
    assert needed
    assert [name for name in needed if re.match(r"lib(ssl|crypto)", name)] == []
    assert re.findall(r"\b(?:SSL|EVP|X509|OPENSSL|OSSL)_\w+", told("--dyn-syms")) == []


def test_the_bill_of_materials_names_the_openssl_inside(wheel: Path) -> None:
    files = inside(wheel)
    (name,) = [path for path in files if path.endswith(".dist-info/sboms/openssl.cdx.json")]
    bill = json.loads(files[name])
    (part,) = bill["components"]
    assert part["name"] == "openssl"
    assert f"OpenSSL {part['version']} " in SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode()
    (source,) = part["externalReferences"]
    assert re.fullmatch("[0-9a-f]{64}", source["hashes"][0]["content"])
    assert [path for path in files if path.endswith("licenses/openssl/LICENSE.txt")]


def test_the_command_tells_it() -> None:
    command = [sys.executable, "-m", "OpenSSL", "version", "--json"]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert told["openssl"]["bundled"] is True
    assert told["openssl"]["version"] in SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode()
    plain = subprocess.run(command[:-1], capture_output=True, text=True, check=True).stdout
    assert re.search(r"from\s+this wheel", plain)


@pytest.mark.parametrize("name", ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"])
def test_every_version_of_tls_is_spoken(name: str) -> None:
    number = getattr(SSL, name.replace("v", "").replace(".", "_") + "_VERSION")
    server, client = contexts.server_context(), contexts.client_context()
    for context in (server, client):
        context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
        context.set_min_proto_version(number)
        context.set_max_proto_version(number)
    ends = pump.pair(server, client)
    assert pump.handshake_outcome(*ends) == (None, None)
    assert ends.client.get_protocol_version_name() == name


def test_dtls_is_there() -> None:
    assert library.features()["dtls"] is True
    SSL.Connection(SSL.Context(SSL.DTLS_METHOD), None)


@pytest.mark.skipif(sys.platform != "linux", reason="kernel TLS is of Linux here")
def test_kernel_tls_is_there() -> None:
    assert library.features()["ktls"] is True
