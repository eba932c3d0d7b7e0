# Written by tools/make_stubs.py from commands.pyx.

class Commands:
    """Owns an SSL_CONF_CTX."""
