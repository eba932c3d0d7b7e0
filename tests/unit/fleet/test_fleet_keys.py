"""The ring of ticket keys: what encrypts, what decrypts, and what rotation does to it."""

from __future__ import annotations

import base64
import copy
import hashlib
import pickle
import random

import pytest
from cryptography.hazmat.primitives import serialization

from kit import authority
from OpenSSL import crypto
from OpenSSL.fleet import Policy, SealError, TicketKey, TicketKeys
from OpenSSL.fleet import key_files as files

SECRET = b"a secret of the operator"
POLICY = Policy(period=1000, lifetime=3000, spread=200, skew=60)


def names(ring):
    return [key.name for key in ring.keys]


class TestKeys:
    @pytest.mark.parametrize("size", [48, 80])
    def test_a_key_is_its_name_and_its_secrets(self, size):
        data = bytes(range(size))
        key = TicketKey.from_bytes(data)
        assert key.to_bytes() == data
        assert key.name == data[:16]

    @pytest.mark.parametrize("size", [0, 16, 47, 49, 79, 81])
    def test_another_size_is_refused(self, size):
        with pytest.raises(ValueError, match="bytes"):
            TicketKey.from_bytes(bytes(size))

    def test_a_dropped_key_overwrites_its_secrets(self):
        key = TicketKey.generate()
        secret = key._secret
        assert any(secret)
        del key
        assert not any(secret)

    def test_no_secret_is_shown(self):
        key = TicketKey.generate()
        shown = repr(key) + repr(TicketKeys([key.ending(5)]))
        assert key.to_bytes()[16:].hex() not in shown
        assert repr(bytes(key._secret)) not in shown

    @pytest.mark.parametrize("way", [pickle.dumps, copy.copy, copy.deepcopy])
    def test_a_key_is_not_copied_by_accident(self, way):
        with pytest.raises(TypeError, match="not pickled"):
            way(TicketKey.generate())


class TestPolicy:
    @pytest.mark.parametrize(
        "numbers",
        [
            {"period": 0},
            {"lifetime": -1},
            {"skew": -1},
            {"spread": 60, "skew": 60},
            {"spread": 2000, "period": 1000},
        ],
    )
    def test_times_that_cannot_work_are_refused(self, numbers):
        with pytest.raises(ValueError, match="must be"):
            Policy(**numbers)


class TestRings:
    def test_the_first_key_encrypts_at_once(self):
        ring = TicketKeys.generate(100, POLICY)
        assert ring.in_force(100) == [ring.keys[0].to_bytes()]

    def test_a_new_key_is_known_before_it_encrypts(self):
        ring = TicketKeys.generate(0, POLICY)
        assert not ring.is_due(799)
        assert ring.is_due(800)
        old, new = ring.rotated(800).keys
        later = ring.rotated(800)
        old, new = later.keys
        assert later.in_force(999) == [old.to_bytes(), new.to_bytes()]
        assert later.in_force(1000) == [new.to_bytes(), old.to_bytes()]

    def test_a_late_rotation_still_lets_everybody_know(self):
        ring = TicketKeys.generate(0, POLICY).rotated(5000)
        assert ring.keys[-1].starts == 5200

    def test_an_old_key_stays_for_the_last_ticket_of_the_slowest_clock(self):
        ring = TicketKeys.generate(0, POLICY).rotated(800)
        assert ring.keys[0].ends == 1000 + 3000 + 60
        assert len(ring.in_force(4059)) == 2
        assert len(ring.in_force(4060)) == 1

    def test_keys_that_nobody_needs_are_dropped(self):
        ring = TicketKeys.generate(0, POLICY)
        for now in range(0, 60_000, 50):
            if ring.is_due(now):
                ring = ring.rotated(now)
            assert len(ring.keys) <= 6
            assert ring.keys[-1].ends is None

    def test_a_revoked_ring_shares_no_key(self):
        ring = TicketKeys.generate(0, POLICY).rotated(800)
        fresh = ring.revoked(900)
        assert not set(names(ring)) & set(names(fresh))
        assert (fresh.epoch, fresh.version) == (ring.epoch + 1, ring.version + 1)

    def test_a_ring_is_never_changed(self):
        ring = TicketKeys.generate(0, POLICY)
        before = (names(ring), ring.keys[0].ends, ring.version)
        ring.rotated(900)
        ring.revoked(900)
        assert (names(ring), ring.keys[0].ends, ring.version) == before

    def test_every_host_decrypts_what_any_host_encrypts(self):
        """Random clocks, looks at the ring and rotations: no live ticket is ever refused."""
        chance = random.Random(7)
        for _ in range(30):
            shared = TicketKeys.generate(0, POLICY)
            hosts = [[chance.uniform(-30, 30), shared] for _ in range(5)]
            tickets: list[tuple[float, bytes]] = []
            for now in range(0, 8000, 20):
                for host in hosts:
                    if chance.random() < 0.4:  # looks, every 50 seconds on average
                        if shared.is_due(now + host[0]):
                            shared = shared.rotated(now + host[0])
                        host[1] = shared
                if now % 100 == 0:
                    for host in hosts:
                        host[1] = shared  # at the latest
                maker = chance.choice(hosts)
                tickets.append((now, maker[1].in_force(now + maker[0])[0]))
                reader = chance.choice(hosts)
                known = reader[1].in_force(now + reader[0])
                for made, key in tickets[-140:]:
                    if now - made < POLICY.lifetime - POLICY.skew:
                        assert key in known


class TestWritten:
    def test_a_sealed_ring_comes_back_whole(self):
        ring = TicketKeys.generate(0, POLICY).rotated(800).revoked(900).rotated(1800)
        again = TicketKeys.from_bytes(ring.to_bytes(SECRET), SECRET)
        assert names(again) == names(ring)
        assert again.in_force(5000) == ring.in_force(5000)
        assert (again.version, again.epoch, again.policy) == (ring.version, ring.epoch, POLICY)

    def test_another_secret_opens_nothing(self):
        sealed = TicketKeys.generate(0).to_bytes(SECRET)
        with pytest.raises(SealError):
            TicketKeys.from_bytes(sealed, SECRET + b"!")

    def test_each_changed_byte_is_noticed(self):
        sealed = TicketKeys.generate(0).to_bytes(SECRET)
        for at in range(len(sealed)):
            changed = bytearray(sealed)
            changed[at] ^= 1
            with pytest.raises(SealError):
                TicketKeys.from_bytes(bytes(changed), SECRET)
        for size in range(0, len(sealed), 7):
            with pytest.raises(SealError):
                TicketKeys.from_bytes(sealed[:size], SECRET)

    @pytest.mark.parametrize(
        ("secret", "error"), [(b"short", ValueError), (7, TypeError), ([], ValueError)]
    )
    def test_a_bad_secret_is_refused(self, secret, error):
        with pytest.raises(error):
            TicketKeys.generate(0).to_bytes(secret)


class TestFiles:
    def test_nginx(self):
        for size in (48, 80):
            data = bytes(range(size))
            assert files.to_nginx(files.from_nginx(data)) == data

    def test_haproxy(self):
        keys = [TicketKey.generate(), TicketKey.from_bytes(bytes(range(48)))]
        text = files.to_haproxy(keys)
        assert [key.to_bytes() for key in files.from_haproxy(text)] == [
            key.to_bytes() for key in keys
        ]
        with pytest.raises(ValueError, match="line 3"):
            files.from_haproxy(text + "nonsense!\n")

    def test_haproxy_has_its_long_secrets_the_other_way_round(self):
        key = TicketKey.from_bytes(bytes(range(80)))
        data = base64.b64decode(files.to_haproxy([key]))
        assert data == bytes([*range(16), *range(48, 80), *range(16, 48)])
        short = bytes(range(48))
        assert base64.b64decode(files.to_haproxy([TicketKey.from_bytes(short)])) == short

    def test_apache_has_its_secrets_the_other_way_round(self):
        data = bytes(range(48))
        key = files.from_apache(data)
        assert key.to_bytes() == data[:16] + data[32:] + data[16:32]
        assert files.to_apache(key) == data
        with pytest.raises(ValueError, match="48"):
            files.to_apache(TicketKey.generate())

    def test_the_name_of_nginx_is_made_of_certificates(self):
        own = crypto.X509.from_cryptography(authority.identity().certificate)
        der = own.to_cryptography().public_bytes(serialization.Encoding.DER)
        one = hashlib.sha1(b"HTTP" + hashlib.sha1(der).digest()).digest()
        assert files.nginx_session_id([own]) == one
        names = {one, files.nginx_session_id([own], "STREAM"), files.nginx_session_id([own, own])}
        assert len(names) == 3
        with pytest.raises(ValueError, match="there is none"):
            files.nginx_session_id([])
