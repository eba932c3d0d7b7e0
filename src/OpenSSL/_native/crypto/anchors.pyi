class Anchors:
    """One parsed store, and what it was made of."""

def platform_places() -> tuple[bytes, bytes, bool]: ...
