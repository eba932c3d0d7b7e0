"""Say in a wheel which OpenSSL is inside, and pack it so that every build is the same.

    tools/finish_wheel.py WHEEL PREFIX FOLDER

PREFIX is what tools/build_openssl.sh made.  The wheel gets a bill of materials
(CycloneDX, in ``.dist-info/sboms``) and OpenSSL's licence; it is written into FOLDER under
the same name, in a fixed order and with the time of SOURCE_DATE_EPOCH.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sys
import time
import zipfile
from pathlib import Path

#: The earliest time that a zip file can tell.
FIRST = 315532800


def moment() -> int:
    """Seconds since the epoch that the build is to carry."""
    return max(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), FIRST)


def bill(name: str, version: str, openssl: str, sha256: str) -> bytes:
    """Write the bill of materials of a wheel that carries this OpenSSL."""
    source = f"https://github.com/openssl/openssl/releases/download/openssl-{openssl}"
    archive = f"{source}/openssl-{openssl}.tar.gz"
    package = f"pkg:pypi/{name}@{version}"
    library = f"pkg:generic/openssl@{openssl}?checksum=sha256:{sha256}&download_url={archive}"
    told = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment())),
            "component": {
                "type": "library",
                "bom-ref": package,
                "name": name,
                "version": version,
                "purl": package,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        "components": [
            {
                "type": "library",
                "bom-ref": library,
                "name": "openssl",
                "version": openssl,
                "purl": library,
                "cpe": f"cpe:2.3:a:openssl:openssl:{openssl}:*:*:*:*:*:*:*",
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "externalReferences": [
                    {
                        "type": "distribution",
                        "url": archive,
                        "hashes": [{"alg": "SHA-256", "content": sha256}],
                    }
                ],
            }
        ],
        "dependencies": [{"ref": package, "dependsOn": [library]}, {"ref": library}],
    }
    return (json.dumps(told, indent=2) + "\n").encode()


def record(files: dict[str, bytes], name: str) -> bytes:
    """Write RECORD: each file with its hash and size."""
    lines = []
    for path, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(data)}\n")
    return "".join([*lines, f"{name},,\n"]).encode()


def main(wheel: Path, prefix: Path, folder: Path) -> None:
    """Finish one wheel."""
    with zipfile.ZipFile(wheel) as archive:
        files = {each.filename: archive.read(each) for each in archive.infolist()}
    (info,) = {path.split("/")[0] for path in files if path.endswith(".dist-info/RECORD")}
    name, version = info.removesuffix(".dist-info").split("-")
    openssl = (prefix / "version").read_text(encoding="ascii").strip()
    sha256 = (prefix / "sha256").read_text(encoding="ascii").strip()
    files[f"{info}/sboms/openssl.cdx.json"] = bill(name, version, openssl, sha256)
    files[f"{info}/licenses/openssl/LICENSE.txt"] = (prefix / "LICENSE.txt").read_bytes()
    del files[f"{info}/RECORD"]
    # What describes the wheel comes last, as the format asks for.
    order = sorted(files, key=lambda path: (path.startswith(info), path))
    files = {path: files[path] for path in order if not path.endswith("/")}
    files[f"{info}/RECORD"] = record(files, f"{info}/RECORD")
    folder.mkdir(parents=True, exist_ok=True)
    date = time.gmtime(moment())[:6]
    with zipfile.ZipFile(folder / wheel.name, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path, date)
            entry.external_attr = (0o100755 if path.endswith(".so") else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(entry, data)
    print(folder / wheel.name)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
