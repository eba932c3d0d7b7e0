"""All of the fuzzing, or one part with its own arguments: ``make fuzz``.

    make fuzz                                      all parts: bad and evil arguments, the machine,
                                                   churn, rules, guided
    make fuzz ARGS="machine --steps 10000"         one part
    make fuzz ARGS="churn --seconds 600"
    make fuzz ARGS="guided client --seconds 600"

Exit status 1 when a part found something.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PARTS = ("bad", "evil", "machine", "churn", "rules", "guided")


def main(words: list[str]) -> int:
    if words and words[0] not in PARTS:
        sys.exit(f"the parts are {', '.join(PARTS)}")
    path = os.pathsep.join((str(HERE.parent), os.environ.get("PYTHONPATH", "")))
    unset = ("SSL_CERT_FILE", "SSL_CERT_DIR", "OPENSSL_CONF", "SSLKEYLOGFILE")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    statuses = [
        subprocess.run(
            [sys.executable, str(HERE / f"{part}.py"), *words[1:]],
            env={**kept, "PYTHONPATH": path},
            check=False,
        ).returncode
        for part in (words[:1] or PARTS)
    ]
    return 1 if any(statuses) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
