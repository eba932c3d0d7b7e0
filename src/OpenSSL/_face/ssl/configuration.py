"""Settings by name, as OpenSSL's programs and configuration files have them (SSL_CONF)."""

from __future__ import annotations

import os

from OpenSSL._exceptions import Error
from OpenSSL._face.common.arguments import named, path_bytes, without_nul
from OpenSSL._native.ssl import configuration as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from OpenSSL._types import Path

__all__ = ["Configuration"]


def _text(name: str, value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be text")
    return without_nul(name, value.encode())


def _read_section(path: bytes, section: bytes) -> list[tuple[bytes, bytes | None]]:
    # A folder would be taken for a file in which nothing stands (NCONF_load, 3.0 to 4.0).
    if os.path.isdir(path):
        raise Error([("SSL routines", "", "a folder cannot be read")])
    return native.read_section(path, section)


class Configuration:
    """Settings by name, of a Context or of one connection."""

    __slots__ = ()

    def configure(self, command: str, value: str | None = None) -> None:
        """Carry out one of OpenSSL's commands: ``configure("MinProtocol", "TLSv1.2")``.

        They are those of its configuration files: ``"CipherString"``, ``"Groups"``,
        ``"SignatureAlgorithms"``, ``"Options"``, ``"VerifyMode"``, ``"Certificate"``,
        ``"PrivateKey"`` and so on. An encrypted key asks the callback of
        :meth:`Context.set_passwd_cb`; nobody is prompted. A connection that was configured
        itself resumes no session, and cannot be in the middle of a handshake. It believes the
        authorities that ``"VerifyCAFile"`` and its like give to it, in place of its Context's.

        Raises ValueError for a command that OpenSSL does not have, or that lacks its value,
        Error for a value that it refuses, TypeError if it is not text.
        ``SSL_CONF_cmd(3)``
        """
        target: Any = self
        native.configure(
            target,
            [(_text("command", command), None if value is None else _text("value", value))],
        )

    def configure_file(self, path: Path, section: str = "default") -> None:
        """Carry out the commands in one section of a configuration file, in their order.

        Raises Error if the file cannot be read, ValueError if it has no such section, and
        what :meth:`configure` raises for the first command that fails; those before it are
        in force then.
        ``SSL_CONF_cmd(3)``, ``NCONF_load(3)``
        """
        target: Any = self
        file = path_bytes(path)
        commands = named(file, _read_section, file, _text("section", section))
        native.configure(target, commands)
