"""A token of SoftHSM with keys in it, and what OpenSSL is told of it; or the test is skipped."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from kit import elsewhere
from kit.programs import need, quiet_environment

PIN = "1234"
#: Where Debian, Fedora and Homebrew have the library that is the token.
LIBRARIES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
#: The keys in it, by their kinds in ``elsewhere``, with their numbers.
KEYS = {"rsa": "01", "p256": "02"}
CONFIGURATION = """
openssl_conf = start

[start]
providers = providers

[providers]
default = with_default
pkcs11 = with_pkcs11

[with_default]
activate = 1

[with_pkcs11]
module = {provider}
pkcs11-module-path = {library}
pkcs11-module-quirks = no-deinit
pkcs11-module-cache-pins = cache
activate = 1
"""


class Token(NamedTuple):
    #: What a process has to have in its environment.
    surroundings: dict[str, str]

    @staticmethod
    def uri(kind: str) -> str:
        return f"pkcs11:token=brisk;object={kind};type=private"


def _provider() -> Path:
    told = subprocess.run(
        [need("openssl"), "version", "-m"], check=True, capture_output=True, text=True
    ).stdout
    found = re.search(r'"(.*)"', told)
    assert found is not None
    folder = Path(os.environ.get("OPENSSL_MODULES", found.group(1)))
    for name in ("pkcs11.so", "pkcs11.dylib"):
        if (folder / name).exists():
            return folder / name
    pytest.skip("OpenSSL's pkcs11 provider is not installed (pkcs11-provider)")


def make_token(folder: Path) -> Token:
    """A token with an RSA and an EC key, whose certificates are in ``elsewhere``."""
    if shutil.which("softhsm2-util") is None:
        pytest.skip("there is no SoftHSM (softhsm2)")
    library = next((each for each in LIBRARIES if Path(each).exists()), None)
    if library is None:
        pytest.skip("SoftHSM's library is not where it is looked for")
    provider = _provider()
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    configuration = folder / "openssl.cnf"
    configuration.write_text(CONFIGURATION.format(provider=provider, library=library))
    surroundings = {"SOFTHSM2_CONF": str(settings), "OPENSSL_CONF": str(configuration)}

    def manage(*words: str) -> None:
        subprocess.run(
            ["softhsm2-util", *words],
            check=True,
            capture_output=True,
            env=quiet_environment() | {"SOFTHSM2_CONF": str(settings)},
        )

    manage("--init-token", "--free", "--label", "brisk", "--pin", PIN, "--so-pin", "5678")
    for kind, number in KEYS.items():
        key = folder / f"{kind}.p8"
        subprocess.run(
            [need("openssl"), "pkcs8", "-topk8", "-nocrypt", "-out", str(key),
             "-in", str(elsewhere.files(kind).key)],
            check=True,
            capture_output=True,
            env=quiet_environment(),
        )  # fmt: skip
        manage("--import", str(key), "--token", "brisk", "--label", kind, "--id", number,
               "--pin", PIN)  # fmt: skip
        key.unlink()
    return Token(surroundings)
