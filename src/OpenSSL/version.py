"""The package's version, its compatibility level and its other metadata."""

__distribution__ = "brisktls"
__distribution_version__ = "0.1.0"

#: The pyOpenSSL release whose interface this one has, with our own
#: version as PEP 440's local part, so that comparisons made against
#: pyOpenSSL's versions come out right.
__version__ = "26.4.0+brisktls.0.1.0"

__title__ = "brisktls"
__summary__ = "OpenSSL.SSL over libssl: a compiled core under a typed Python face"
__author__ = "The brisktls developers"
__email__ = ""
__uri__ = ""
__license__ = "Apache License, Version 2.0"
__copyright__ = "Copyright 2026 The brisktls developers"

__all__ = [
    "__author__",
    "__copyright__",
    "__distribution__",
    "__distribution_version__",
    "__email__",
    "__license__",
    "__summary__",
    "__title__",
    "__uri__",
    "__version__",
]
