"""Runs tests of the interpreter it is started with over our SSLContext: of ``ssl``, and of
the modules that speak TLS.

``driver.py REPORT [--standard] [test ...]`` appends a JSON line for each test to REPORT: its name,
``passed``, ``failed``, ``skipped`` or ``hung``, and why.  With ``--standard`` the module
keeps its own SSLContext.  A test that hangs ends the process; whoever started it starts it
again for the rest.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import ssl
import sys
import traceback
import unittest
from typing import Any

MODULES = (
    "test.test_ssl",
    "test.test_asyncio.test_ssl",
    "test.test_asyncio.test_sslproto",
    "test.test_ftplib",
    "test.test_httplib",
    "test.test_imaplib",
    "test.test_poplib",
    "test.test_urllib2_localnet",
)
#: Seconds after which a test counts as hung.
PATIENCE = 60


class Report(unittest.TestResult):
    """Writes each outcome down at once."""

    def __init__(self, path: str, done: set[str]) -> None:
        super().__init__()
        self.path = path
        self.done = done
        self.outcome = ("passed", "")

    def startTest(self, test: Any) -> None:
        super().startTest(test)
        self.outcome = ("passed", "")
        self.write(test.id(), "hung", "")
        faulthandler.dump_traceback_later(PATIENCE, exit=True)

    def stopTest(self, test: Any) -> None:
        faulthandler.cancel_dump_traceback_later()
        super().stopTest(test)
        self.write(test.id(), *self.outcome)

    def write(self, test: str, outcome: str, detail: str) -> None:
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"test": test, "outcome": outcome, "detail": detail}) + "\n")

    def fail(self, error: Any) -> None:
        self.outcome = ("failed", "".join(traceback.format_exception(*error))[-4000:])

    def addError(self, test: Any, err: Any) -> None:
        self.fail(err)
        if not isinstance(test, unittest.TestCase):
            self.write(test.id(), *self.outcome)

    def addFailure(self, test: Any, err: Any) -> None:
        self.fail(err)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        if err is not None:
            self.fail(err)

    def addSkip(self, test: Any, reason: str) -> None:
        self.outcome = ("skipped", reason)
        if not isinstance(test, unittest.TestCase):
            self.write(test.id(), *self.outcome)


def each(suite: unittest.TestSuite) -> Any:
    for one in suite:
        if isinstance(one, unittest.TestSuite):
            yield from each(one)
        else:
            yield one


def main(path: str, arguments: list[str]) -> None:
    if "--standard" not in arguments:
        from OpenSSL._bridge import SSLContext

        ssl.SSLContext = SSLContext  # type: ignore[misc]
    from test import support

    # Nothing beyond this machine.
    support.use_resources = {"cpu": None, "walltime": None}
    support.verbose = 0
    found = [importlib.import_module(name) for name in MODULES]

    if "--standard" not in arguments:
        assert ssl.create_default_context().__class__.__module__ == "OpenSSL._bridge.contexts"
    try:
        with open(path, encoding="utf-8") as file:
            done = {json.loads(line)["test"] for line in file}
    except FileNotFoundError:
        done = set()
    wanted = [one for one in arguments if not one.startswith("--")]
    load = unittest.defaultTestLoader.loadTestsFromModule
    chosen = unittest.TestSuite(
        one
        for module in found
        for one in each(load(module))
        if one.id() not in done and (not wanted or any(part in one.id() for part in wanted))
    )
    unittest.installHandler()
    chosen.run(Report(path, done))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
