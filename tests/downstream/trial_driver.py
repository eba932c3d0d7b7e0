"""Runs modules under trial and writes one line of JSON for each test's end.

Used inside the environments of run.py: ``trial_driver.py REPORT MODULE...``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from twisted.scripts import trial
from twisted.trial import reporter

REPORT = Path(sys.argv[1]).resolve()


class Recorder(reporter.MinimalReporter):
    """Keeps each test's worst outcome and, at its end, writes it down."""

    def startTest(self, test: Any) -> None:
        super().startTest(test)
        self.outcome, self.detail = "passed", ""

    def stopTest(self, test: Any) -> None:
        super().stopTest(test)
        with REPORT.open("a") as out:
            line = {"test": test.id(), "outcome": self.outcome, "detail": self.detail}
            out.write(json.dumps(line) + "\n")

    def _note(self, outcome: str, detail: object) -> None:
        if self.outcome != "failed":
            self.outcome, self.detail = outcome, str(detail)[-2000:]

    def addError(self, test: Any, error: Any) -> None:
        super().addError(test, error)
        self._note("failed", error.getTraceback() if hasattr(error, "getTraceback") else error)

    addFailure = addError

    def addSkip(self, test: Any, reason: Any) -> None:
        super().addSkip(test, reason)
        self._note("skipped", reason)

    def addExpectedFailure(self, test: Any, failure: Any, todo: Any = None) -> None:
        super().addExpectedFailure(test, failure, todo)
        self._note("skipped", "expected failure")


def main() -> None:
    config = trial.Options()
    config.parseOptions(["--temp-directory", str(REPORT.with_suffix(".trial")), *sys.argv[2:]])
    config["reporter"] = Recorder
    runner = trial._makeRunner(config)
    runner.run(trial._getSuite(config))


main()
