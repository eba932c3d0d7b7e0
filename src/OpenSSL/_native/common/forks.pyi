def count_fork() -> None:
    """Runs in a child after a fork."""
