"""A picture of the results: what each peer takes, as a multiple of what brisktls takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl

from ends.peers import BRISKTLS, PEERS
from rows import ROWS, Row

mpl.use("agg")
from matplotlib import pyplot as plt

COLOURS = ("#1b6ca8", "#f2a541", "#c8553d", "#8a8d91")


def drawn(row: Row, best: dict[str, dict[str, float]]) -> bool:
    """Whether a row has something to compare; parts of another row stay in the table."""
    compared = len(best.get(row.name, ())) > 1
    return row.listed and compared and not row.part and not row.higher_is_better


def draw(results: dict[str, Any], target: Path) -> None:
    """One line for each row, a dot for each peer, on a logarithmic scale."""
    rows = [row for row in reversed(ROWS) if drawn(row, results["best"])]
    figure, axes = plt.subplots(figsize=(9, 0.3 * len(rows) + 1.6))
    axes.hlines(range(len(rows)), 0, 1, transform=axes.get_yaxis_transform(), color="#eeeeee")
    axes.axvline(1, color=COLOURS[0], linewidth=1)
    for peer, colour in zip(PEERS, COLOURS, strict=True):
        values = [results["best"][row.name] for row in rows]
        places = [place for place, value in enumerate(values) if peer in value]
        ratios = [values[place][peer] / values[place][BRISKTLS] for place in places]
        axes.plot(ratios, places, "o", color=colour, label=peer)
    axes.set_yticks(range(len(rows)), [row.title.replace("`", "") for row in rows], fontsize=8)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _place: f"{value:g}")
    axes.xaxis.set_minor_formatter("")
    axes.set_xlabel(
        "times what brisktls takes, of CPU, wall time or memory;\nright of the line is more",
        fontsize=9,
    )
    axes.set_ylim(-0.6, len(rows) - 0.4)
    figure.legend(loc="upper center", ncols=len(PEERS), frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.35 / figure.get_figheight()))
    figure.savefig(target, dpi=110)
    plt.close(figure)
