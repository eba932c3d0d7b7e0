"""Scans that tests make, and what they tell, held to the schema."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
from reading import ROOT

from kit import authority
from kit.commands import Outcome, brisk
from OpenSSL._command.failures import KINDS

SCHEMA = json.loads((ROOT / "docs/scan.schema.json").read_text(encoding="utf-8"))
TRUST = ("--cafile", authority.trust_file())


def scanned(port: int, *options: object) -> dict[str, Any]:
    """What a scan that has to succeed finds."""
    done = brisk("scan", f"localhost:{port}", "-4", *TRUST, *options, "--json")
    assert done.status == 0, done
    jsonschema.validate(done.data, SCHEMA)
    data: dict[str, Any] = done.data
    return data


def failed(done: Outcome, kind: str) -> dict[str, Any]:
    assert done.status == KINDS[kind].status, done
    data: dict[str, Any] = done.data
    jsonschema.validate(data, SCHEMA)
    assert data["error"] == kind
    assert done.err.startswith("brisktls: ")
    assert done.err.count("\n") == 1
    return data


def accepted(rows: list[dict[str, Any]], key: str = "name", **wanted: str) -> list[str]:
    return [
        row[key]
        for row in rows
        if row["outcome"] == "accepted" and all(row[name] == wanted[name] for name in wanted)
    ]


def version(data: dict[str, Any], name: str) -> dict[str, Any]:
    (row,) = (each for each in data["versions"] if each["version"] == name)
    return dict(row)


def suites(data: dict[str, Any], name: str) -> list[str]:
    return [each["name"] for each in version(data, name)["suites"]]
