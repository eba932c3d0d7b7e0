"""How long a test waits for what must come; a machine may be busy with other things."""

from __future__ import annotations

__all__ = ["PATIENCE"]

#: Seconds.  No test takes so long where all is well.
PATIENCE = 180.0
