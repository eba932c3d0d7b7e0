"""Simulates a fleet of many hosts over days: ``make simulate``.

Prints the share of resumed visits, the keys held and what the store is asked, and writes
a plot, so that an operator can size the store.
"""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import click
from entry import entry_size
from rich.console import Console
from rich.table import Table
from sessions import SessionWorld
from world import HOUR, Plan, World

from OpenSSL.fleet import Policy

OUT = Path(__file__).resolve().parents[2] / ".build" / "simulate"


@click.command()
@click.option("--hosts", default=Plan.hosts, show_default=True)
@click.option("--visits", default=Plan.visits, show_default=True)
@click.option("--clients", default=Plan.clients, show_default=True)
@click.option("--hours", default=Plan.duration // HOUR, show_default=True)
@click.option("--refresh", default=Plan.refresh, show_default=True, help="In seconds.")
@click.option("--period", default=4 * HOUR, show_default=True, help="Of a key, in seconds.")
@click.option("--skew", default=Plan.skew, show_default=True, help="Of clocks, in seconds.")
@click.option("--restarts", default=Plan.restarts, show_default=True, help="Of a host, a day.")
@click.option("--seed", default=Plan.seed, show_default=True)
@click.option("--sessions", is_flag=True, help="Without tickets: sessions lie in the store.")
@click.option("--timeout", default=Plan.timeout, show_default=True, help="Of a session.")
@click.option("--quiet-store", is_flag=True, help="Without outages and losses.")
def main(
    hosts: int,
    visits: int,
    clients: int,
    hours: int,
    refresh: int,
    period: int,
    skew: float,
    restarts: float,
    seed: int,
    sessions: bool,
    timeout: int,
    quiet_store: bool,
) -> None:
    """Simulate a fleet."""
    plan = Plan(
        hosts=hosts,
        visits=visits,
        clients=clients,
        duration=hours * HOUR,
        refresh=refresh,
        policy=Policy(period=period, spread=min(600, period)),
        skew=skew,
        restarts=restarts,
        seed=seed,
        timeout=timeout,
    )
    if quiet_store:
        plan = dataclasses.replace(plan, outages=(), losses=())
    begun = time.monotonic()
    world = SessionWorld(plan) if sessions else World(plan)
    world.run()
    tell(world, time.monotonic() - begun)
    draw(world)


def tell(world: World, seconds: float) -> None:
    """Print what was counted."""
    plan = world.plan
    asked = world.store.asked
    table = Table("what", "value", box=None, pad_edge=False)
    for what, count in sorted(world.outcomes.items()):
        table.add_row(f"visits {what}", f"{count:,}")
    kind = "a session" if isinstance(world, SessionWorld) else "a ticket"
    table.add_row(f"resumed of those with {kind}", f"{world.hit_rate:.4%}")
    table.add_row("keys held at most", str(world.most_keys))
    for what, count in sorted(asked.items()):
        table.add_row(f"store: {what} a second", f"{count / plan.duration:.2f}")
    table.add_row("store: questions of a host a minute", f"{_each(world):.2f}")
    if isinstance(world, SessionWorld):
        size = entry_size()
        table.add_row("store: sessions at most", f"{world.most_live:,}")
        table.add_row("store: bytes of one", f"{size:,}")
        table.add_row("store: MB at most", f"{world.most_live * size / 1e6:.1f}")
        busiest = max(asked for _, _, asked in world.hours)
        table.add_row("store: questions a second, busiest hour", f"{busiest / HOUR:.1f}")
    console = Console()
    console.print(
        f"{plan.hosts:,} hosts, {plan.visits:,} visits in {plan.duration // HOUR} hours, "
        f"simulated in {seconds:.0f} s"
    )
    console.print(table)


def _each(world: World) -> float:
    return sum(world.store.asked.values()) * 60 / world.plan.duration / world.plan.hosts


def draw(world: World) -> None:
    """Write the plot."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    OUT.mkdir(parents=True, exist_ok=True)
    stored = isinstance(world, SessionWorld)
    count = 3 if stored else 2
    figure, panels = pyplot.subplots(count, 1, sharex=True, figsize=(9, 1 + 2 * count))
    upper, lower = panels[:2]
    hours = range(len(world.hours))
    upper.plot(hours, [100 * hit / max(1, all_) for all_, hit, _ in world.hours])
    upper.set_ylabel("resumed, %")
    lower.plot(hours, [asked / HOUR for _, _, asked in world.hours])
    lower.set_ylabel("questions a second")
    if isinstance(world, SessionWorld):
        panels[2].plot(hours, world.live_hours)
        panels[2].set_ylabel("sessions kept")
    panels[-1].set_xlabel("hours; grey: the store is out")
    for axes in panels:
        for start, end in world.plan.outages:
            axes.axvspan(start / HOUR, end / HOUR, color="0.85")
    figure.suptitle(f"{world.plan.hosts:,} hosts, one store")
    figure.tight_layout()
    target = OUT / ("fleet-sessions.svg" if stored else "fleet.svg")
    figure.savefig(target)
    print(target)


if __name__ == "__main__":
    main()
