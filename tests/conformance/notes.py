"""What a connection's callbacks have seen."""

from __future__ import annotations

from OpenSSL import SSL

_HANDSHAKE, _CCS, _ALERT, _OLD = 22, 20, 21, 0
#: The random of a ServerHello that asks for another hello (RFC 8446, section 4.1.3).
_AGAIN = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


class Notes:
    """Of one connection."""

    def __init__(self) -> None:
        self.messages = ""
        self.hellos = 0
        self.again = False
        self.sessions: list[SSL.Session] = []
        self.timestamps: list[bytes] = []
        self.secrets: dict[str, bytes] = {}

    def session(self, connection: SSL.Connection, session: SSL.Session) -> None:
        self.sessions.append(session)

    def secret(self, connection: SSL.Connection, line: bytes) -> None:
        label, _, value = line.decode().split()
        self.secrets[label] = bytes.fromhex(value)

    def message(
        self, connection: SSL.Connection, writing: bool, version: int, kind: int, data: bytes
    ) -> None:
        way = "write" if writing else "read"
        if kind == _HANDSHAKE:
            self.messages += f"{way} hs {data[0]}\n"
            body = 12 if version >> 8 == 0xFE else 4
            if data[0] == 2 and data[body + 2 : body + 34] == _AGAIN:
                self.again = True
        elif kind == _OLD:
            self.messages += f"{way} v2clienthello\n"
        elif kind == _CCS:
            self.messages += f"{way} ccs\n"
        elif kind == _ALERT:
            self.messages += f"{way} alert {data[0]} {data[1]}\n"
