"""A small fleet in simulated time: rotation, wrong clocks, outages, a store that forgets."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("cryptography")

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "simulate"))

from world import HOUR, Plan, World

from OpenSSL.fleet import Policy

SMALL = {
    "hosts": 20,
    "clients": 500,
    "visits": 20_000,
    "duration": 12 * HOUR,
    "policy": Policy(period=HOUR, lifetime=2 * HOUR, spread=600, skew=60),
    "outages": (),
    "losses": (),
    "restarts": 0,
}


def simulated(**changed: object) -> World:
    world = World(Plan(**{**SMALL, **changed}))  # type: ignore[arg-type]
    world.run()
    return world


@pytest.mark.parametrize("seed", range(3))
def test_rotations_and_wrong_clocks_cost_no_session(seed):
    world = simulated(seed=seed, skew=30.0)
    assert world.outcomes["full: key not known"] == 0
    assert world.outcomes["resumed"] > 10_000
    assert world.most_keys <= 5
    assert {host.keeper.ring.version for host in world.hosts} == {13}  # a key an hour


def test_an_outage_within_the_spread_costs_no_session():
    world = simulated(outages=((3 * HOUR + 60, 3 * HOUR + 300),), restarts=0)
    assert world.outcomes["full: key not known"] == 0


def test_processes_that_start_in_an_outage_cost_full_handshakes_and_heal():
    world = simulated(outages=((3 * HOUR, 4 * HOUR),), restarts=24.0)
    assert world.outcomes["full: key not known"] > 0
    later = world.hours[7:]  # two lifetimes of a ticket behind it
    assert all(resumed == with_ticket for with_ticket, resumed, _ in later)


def test_a_store_that_forgets_costs_no_session():
    world = simulated(losses=(5 * HOUR,))
    assert world.outcomes["full: key not known"] == 0


def test_clocks_beyond_the_policy_are_seen():
    # What the test above would not notice if nothing could go wrong.
    world = simulated(skew=3000.0)
    assert world.outcomes["full: key not known"] > 0
