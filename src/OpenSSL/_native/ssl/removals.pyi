class Removals:
    """Sessions that libssl has let go of, and the program does not know of yet."""
