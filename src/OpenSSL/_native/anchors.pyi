class Anchors:
    """One parsed store, and what it was made of."""
