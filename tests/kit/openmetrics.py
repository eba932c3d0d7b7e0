"""OpenMetrics text, read by the parser of the format's makers."""

from __future__ import annotations

import pytest

Samples = list[tuple[dict[str, str], float]]


def families(text: str) -> dict[str, Samples]:
    """The samples of each metric, by its name: labels and a number."""
    reason = "prometheus-client is not installed: make test"
    parser = pytest.importorskip("prometheus_client.openmetrics.parser", reason=reason)
    found = list(parser.text_string_to_metric_families(text))
    assert all(each.documentation and each.type in {"gauge", "counter"} for each in found)
    return {each.name: [(one.labels, one.value) for one in each.samples] for each in found}
