"""A small fleet in simulated time: rotation, wrong clocks, outages, a store that forgets."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("cryptography")

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "simulate"))

from entry import entry_size
from sessions import SessionWorld
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


# ---- sessions in the store


def stored(**changed: object) -> SessionWorld:
    world = SessionWorld(Plan(**{**SMALL, **changed}))  # type: ignore[arg-type]
    world.run()
    return world


def test_sessions_in_a_store_that_is_there_are_all_resumed():
    world = stored(skew=0.0)
    assert world.hit_rate == 1
    assert world.outcomes["resumed"] > 10_000
    assert world.store.asked["session get"] == world.tried
    fresh = world.outcomes["without a session"]
    assert world.store.asked["session put"] == world.outcomes["resumed"] + 2 * fresh
    # An entry ends; and at any time no more are there than visits of that long made.
    assert 0 < world.most_live < world.store.asked["session put"] / 2
    assert len(world.live_hours) == len(world.hours) == 12


def test_an_outage_costs_full_handshakes_and_few_questions():
    world = stored(outages=((3 * HOUR, 4 * HOUR),), skew=0.0)
    assert world.outcomes["full: the store is away"] > 0
    assert world.outcomes["questions left out"] > 0
    later = world.hours[7:]  # a timeout of sessions behind it
    assert all(resumed == tried for tried, resumed, _ in later)


def test_a_store_that_forgets_costs_its_sessions_once():
    world = stored(losses=(5 * HOUR,), skew=0.0)
    assert 0 < world.outcomes["full: not in the store"] <= Plan(**SMALL).clients  # type: ignore[arg-type]
    assert all(resumed == tried for tried, resumed, _ in world.hours[8:])


def test_the_size_of_an_entry_is_that_of_a_real_session():
    assert 200 < entry_size() < 4000
