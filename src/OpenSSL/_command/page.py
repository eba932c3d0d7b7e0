"""The page that shows each visitor what their connection negotiated."""

from __future__ import annotations

import html
import json
from http import HTTPStatus
from typing import Any

from OpenSSL import SSL

from .chain import name_of
from .handshake import facts
from .web import Answer, Request

__all__ = ["answer", "gather", "rows"]

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem;"
    "color:#1c2128;background:#fbfbfa}h1{font-size:1.4rem}table{border-collapse:collapse;"
    "width:100%}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #ddd;"
    "overflow-wrap:anywhere}th{font-weight:500;color:#57606a;width:11rem}"
    "@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#16181c}"
    "th{color:#9aa4af}th,td{border-color:#333}}"
)

#: The page needs nothing but its own style, so that is all a browser may load.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


def answer(request: Request, connection: SSL.Connection, address: str) -> Answer:
    """Return the page in the form that *request* asks for: HTML, JSON or plain text."""
    data = gather(connection, address)
    if request.accepts("text/html"):
        kind, text = "text/html", _as_html(rows(data))
    elif request.accepts("application/json"):
        kind, text = "application/json", json.dumps(data, indent=2) + "\n"
    else:
        kind, text = "text/plain", _as_text(rows(data))
    body = text.encode()
    headers = {"Cache-Control": "no-store", "Vary": "Accept", "Content-Security-Policy": _POLICY}
    return Answer(HTTPStatus.OK, f"{kind}; charset=utf-8", body, headers)


def gather(connection: SSL.Connection, address: str) -> dict[str, Any]:
    """Return what there is to tell the visitor, ready for JSON."""
    certificate = connection.get_peer_certificate()
    return {
        "address": address,
        **facts(connection),
        "client_certificate": name_of(certificate.get_subject()) if certificate else None,
    }


def rows(data: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the facts as pairs of label and value."""
    return [
        ("Your address", data["address"]),
        ("Protocol", data["protocol"]),
        ("Cipher", f"{data['cipher']}, {data['cipher_bits']} bits"),
        ("Group", data["group"] or "not known"),
        ("Name asked for (SNI)", data["servername"] or "none"),
        ("ALPN", data["alpn"] or "none"),
        ("Session", "resumed" if data["resumed"] else "new"),
        ("Your certificate", data["client_certificate"] or "none sent"),
    ]


def _as_text(pairs: list[tuple[str, str]]) -> str:
    lines = ["Your TLS connection", ""]
    lines += [f"{label:22}{value}" for label, value in pairs]
    return "\n".join(lines) + "\n"


def _as_html(pairs: list[tuple[str, str]]) -> str:
    cells = "\n".join(
        f"<tr><th>{html.escape(label)}</th><td>{html.escape(value)}</td></tr>"
        for label, value in pairs
    )
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>Your TLS connection</title>\n<style>{_STYLE}</style>\n"
        f"<h1>Your TLS connection</h1>\n<table>\n{cells}\n</table>\n</html>\n"
    )
