"""What stands in OpenSSL's error queue, as a record; loaded with the first error."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ErrorDetail"]


class ErrorDetail(NamedTuple):
    """One entry of OpenSSL's error queue, with the numbers behind the words."""

    code: int
    library: str
    function: str
    reason: str
    library_code: int
    reason_code: int
    data: str
