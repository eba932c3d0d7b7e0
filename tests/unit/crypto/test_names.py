"""Distinguished names: whole values or none."""

from __future__ import annotations

import copy

import pytest

from kit import apart
from OpenSSL import crypto


def a_name() -> crypto.X509Name:
    return crypto.X509Name(crypto.X509().get_subject())


@pytest.mark.parametrize("value", ["a\0b", "\0", "Å√\U0001f600", "x" * 64])
@pytest.mark.holds("CVE-2026-40475", "C11")
def test_values_survive_whole(value: str) -> None:
    name = a_name()
    name.CN = value
    assert value == name.CN
    assert name.get_components()[0][0] == b"CN"


@pytest.mark.differs("X509Name.CN = value that OpenSSL")
@pytest.mark.parametrize("value", [b"\xff\xfe", b"x" * 65, b""])
def test_a_refused_value_leaves_the_old_one(value: bytes) -> None:
    name = a_name()
    name.CN = "before"
    with pytest.raises(crypto.Error):
        name.CN = value
    with pytest.raises(TypeError):
        name.CN = 7
    assert name.get_components() == [(b"CN", b"before")]


@pytest.mark.differs("X509Name attribute names with")
@pytest.mark.parametrize("attribute", ["CN\0x", "CÑ", "no such thing", ""])
def test_unknown_attributes_are_refused(attribute: str) -> None:
    with pytest.raises(AttributeError):
        setattr(a_name(), attribute, "value")
    with pytest.raises(AttributeError):
        getattr(a_name(), attribute)


@pytest.mark.differs("repr(X509Name)")
def test_long_names_are_shown_whole() -> None:
    name = a_name()
    for attribute in ("O", "OU", "CN", "L", "ST", "SN", "GN", "title", "pseudonym", "dnQualifier"):
        setattr(name, attribute, "x" * 60)
    assert repr(name).count("x") == 600
    assert name.oneline().count(b"x") == 600


def test_copies_stand_alone() -> None:
    name = a_name()
    name.CN = "one"
    other = copy.copy(name)
    assert other == name
    other.CN = "two"
    assert name.CN == "one"
    assert name < other


def test_a_name_comes_back_from_der() -> None:
    name = a_name()
    name.O, name.CN = "Brisk", "Å√"
    again = crypto.X509Name.from_der(name.der())
    assert type(again) is crypto.X509Name
    assert again == name
    again.CN = "another"
    assert name.CN == "Å√"
    assert crypto.X509Name.from_der(b"0\0").get_components() == []


@pytest.mark.parametrize("data", [b"", b"0", b"text", b"0\0x", b"0\x02\1\1"])
def test_what_is_no_name(data: bytes) -> None:
    with pytest.raises(crypto.Error):
        crypto.X509Name.from_der(data)
    for wrong in ("text", None, 7):
        with pytest.raises(TypeError, match="byte string"):
            crypto.X509Name.from_der(wrong)  # type: ignore[arg-type]


def test_a_borrowed_name_in_a_ring_leaves_its_owner_whole() -> None:
    """The collector takes the ring apart; what the name was lent stays its owner's."""
    assert (
        apart.run("""
            import gc
            from kit import authority
            from OpenSSL import crypto

            pem = authority.identity().pem
            for make in (lambda: crypto.load_certificate(crypto.FILETYPE_PEM, pem), crypto.X509Req):
                for _ in range(200):
                    owner = make()
                    name = owner.get_subject()
                    if make is crypto.X509Req:
                        name.CN = "server"
                    name._me = name
                    del name
                    gc.collect()
                    assert owner.get_subject().CN == "server"
                    del owner
                    gc.collect()
            print("whole")
        """)
        == "whole\n"
    )


@pytest.mark.parametrize(
    "change", ["cert.set_subject(other)", "cert.set_issuer(other)", "cert.set_serial_number(1)"]
)
def test_a_finaliser_sees_the_name_of_now(change: str) -> None:
    """The collector hides what is in a ring: the certificate cannot tell it of a new name."""
    assert (
        apart.run(f"""
            import gc
            from kit import authority
            from OpenSSL import crypto

            class Ring:
                def __del__(self):
                    {change}
                    filler = [crypto.X509Name(other) for _ in range(100)]
                    seen.append((self.subject.CN, self.issuer.CN))

            other = crypto.X509().get_subject()
            other.CN = "other"
            pem = authority.identity().pem
            for _ in range(20):
                seen = []
                cert = crypto.load_certificate(crypto.FILETYPE_PEM, pem)
                ring = Ring()
                ring.subject, ring.issuer = cert.get_subject(), cert.get_issuer()
                ring.itself = ring.subject._ring = ring.issuer._ring = ring
                del ring
                gc.collect()
                assert seen == [(cert.get_subject().CN, cert.get_issuer().CN)], seen
            print("whole")
        """)
        == "whole\n"
    )


def test_a_finaliser_may_shorten_the_name_that_is_being_read() -> None:
    """Before CPython 3.12 the collector runs in the middle of making a list."""
    assert (
        apart.run("""
            import gc
            from OpenSSL import crypto

            class Ring:
                def __del__(self):
                    cert.set_subject(short)

            cert = crypto.X509()
            short = crypto.X509().get_subject()
            short.CN = "short"
            long = crypto.X509().get_subject()
            for part in ("C", "O", "OU", "ST", "L", "CN", "GN", "SN"):
                setattr(long, part, "SE")
            gc.disable()
            # Pairs come from the allocator, which counts, once none is left to be used again.
            spare = [(number, number) for number in range(5000)]
            for count in range(1, 30):
                cert.set_subject(long)
                name = cert.get_subject()
                gc.collect()
                ring = Ring()
                ring.itself = ring
                del ring
                gc.set_threshold(count)
                gc.enable()
                found = name.get_components()
                gc.disable()
                spare += found
            print("whole")
        """)
        == "whole\n"
    )
