"""Scrapy, which was written for pyOpenSSL: its Twisted runs on this package."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kit import authority, bridges
from kit.relays import relay
from kit.web import BODY, CUT, web

#: Asks for each address it is given, by the way that verifies or by Scrapy's own, which does not.
SPIDER = """
import json
import sys

import OpenSSL
import scrapy
from scrapy.crawler import CrawlerProcess

told = {"OpenSSL": OpenSSL.__file__, "answers": [], "failures": []}


class Spider(scrapy.Spider):
    name = "brisk"

    async def start(self):
        for url in sys.argv[2:]:
            yield scrapy.Request(url, callback=self.parse, errback=self.fail, dont_filter=True)

    def parse(self, response):
        told["answers"].append([response.status, len(response.body)])

    def fail(self, failure):
        told["failures"].append(str(failure.value) + repr(getattr(failure.value, "reasons", "")))


settings = {"LOG_LEVEL": "ERROR", "RETRY_ENABLED": False, "TELNETCONSOLE_ENABLED": False}
settings["DOWNLOAD_FAIL_ON_DATALOSS"] = True
if sys.argv[1] == "verify":
    way = "scrapy.core.downloader.contextfactory.BrowserLikeContextFactory"
    settings["DOWNLOADER_CLIENTCONTEXTFACTORY"] = way
process = CrawlerProcess(settings)
process.crawl(Spider)
process.start()
print(json.dumps(told))
"""


def crawl(*arguments: str) -> dict[str, list[object]]:
    done = subprocess.run(
        [sys.executable, "-c", SPIDER, *arguments],
        env={**os.environ, "SSL_CERT_FILE": str(authority.trust_file())},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, list[object]] = json.loads(done.stdout.splitlines()[-1])
    assert str(Path("src/OpenSSL")) in str(told["OpenSSL"]), "the wrong OpenSSL"
    return told


@pytest.mark.parametrize("how", ["verify", "own"])
def test_large_bodies_come(how: str) -> None:
    with web(bridges.serving()) as server:
        told = crawl(how, *[server.url()] * 5)
    assert told["answers"] == [[200, len(BODY)]] * 5, told


def test_who_is_another_is_refused_where_it_verifies() -> None:
    for who in (authority.wrong_host(), authority.stranger()):
        with web(bridges.serving(who)) as server:
            told = crawl("verify", server.url())
            assert not told["answers"] and len(told["failures"]) == 1, told
            assert not server.told


def test_a_cut_body_is_an_error() -> None:
    with web(bridges.serving()) as server, relay(server.port, CUT) as cutting:
        told = crawl("own", server.url(cutting.port))
        assert not told["answers"] and len(told["failures"]) == 1, told
        assert cutting.cuts == 1
