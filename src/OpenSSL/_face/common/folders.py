"""Folders of certificates, which OpenSSL finds by names that ``openssl rehash`` makes."""

from __future__ import annotations

import os
import warnings

__all__ = ["holds_hashes", "look_into"]

#: Folders that were seen to hold certificates, as they looked then.
_full: set[tuple[bytes, int, int]] = set()


def _is_hashed(name: bytes) -> bool:
    stem, _, number = name.partition(b".")
    number = number.removeprefix(b"r")  # of revocation lists
    return len(stem) == 8 and number.isdigit() and not stem.strip(b"0123456789abcdef")


def holds_hashes(folder: bytes) -> bool:
    """Return whether there is a certificate or list in a folder that OpenSSL would find."""
    try:
        found = os.stat(folder)
        looks = (folder, found.st_ino, found.st_mtime_ns)
        if looks in _full:
            return True
        with os.scandir(folder) as entries:
            full = any(_is_hashed(entry.name) for entry in entries)
    except (OSError, ValueError):
        return False
    if full:
        if len(_full) > 16:
            _full.clear()
        _full.add(looks)
    return full


def look_into(folders: bytes) -> None:
    """Warn of each folder of certificates that is not there, or was not prepared."""
    for folder in folders.split(os.fsencode(os.pathsep)):
        if not folder or holds_hashes(folder):
            continue
        name = os.fsdecode(folder)
        if not os.path.isdir(folder):
            words = f"capath is not a folder: {name}"
        else:
            words = f"capath holds no certificates under their hashes: openssl rehash {name}"
        warnings.warn(
            f"nobody is trusted by it yet: {words}",
            RuntimeWarning,
            stacklevel=3,
        )
