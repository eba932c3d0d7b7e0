"""The lines for monitoring: which certificate, how many days, and which peer."""

from __future__ import annotations

import socket
from typing import Any

import pytest

pytest.importorskip("click")

from OpenSSL._command import monitoring
from OpenSSL._command.failures import Failure
from OpenSSL._command.listener import open_ports


def row(subject: str, days: int | None, expired: bool | None = False) -> dict[str, Any]:
    unreadable = days is None
    return {
        "subject": subject,
        "days_left": days,
        "expired": None if unreadable else expired,
        "not_after": None if unreadable else "2026-01-02T03:04:05Z",
    }


def report(*chain: dict[str, Any], host: str = "host.test") -> dict[str, Any]:
    return {
        "host": host,
        "port": 443,
        "protocol": "TLSv1.3",
        "chain": list(chain),
        "seconds": {"handshake": 0.5},
    }


def test_dates_that_cannot_be_read_are_not_the_first_to_expire() -> None:
    data = report(row("leaf", 5), row("authority", None))
    failure = monitoring.expires_soon(data, 14)
    assert failure is not None
    assert "leaf expires in 5 days, on 2026-01-02" in failure.line
    assert monitoring.days(data) == 5
    assert monitoring.expires_soon(report(row("authority", None)), 14) is None
    assert "unreadable dates" in monitoring.nagios_line(report(row("x", None)), 14, 7)[1]


@pytest.mark.parametrize(
    ("days", "words"), [(-4, "expired 4 days ago"), (-1, "expired 1 day ago"), (0, "expired today")]
)
def test_what_is_over_is_not_left(days: int, words: str) -> None:
    data = report(row("authority", 0), row("leaf", days, expired=True))
    failure = monitoring.expires_soon(data, 14)
    assert failure is not None
    assert f"leaf {words}, on" in failure.line
    status, line = monitoring.nagios_line(data, 0, 0)
    assert status == 2
    assert f", {words} | days={days};0:;0:" in line


def test_an_address_stands_in_brackets() -> None:
    line = monitoring.nagios_line(report(row("leaf", 50), host="::1"), 14, 7)[1]
    assert line.startswith("TLS OK - [::1]:443 TLSv1.3, 50 days left")


def test_so_does_one_that_nobody_can_listen_on() -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with socket.socket(socket.AF_INET6) as taken:
        taken.bind(("::1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Failure) as caught:
            open_ports("::1", port)
    assert f"cannot listen on [::1]:{port}: " in caught.value.line
