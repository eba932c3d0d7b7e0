class Hooks: ...

class Carrier:
    """Keeps the first exception of a hook until the call that ran it raises it."""
