# The rest is for the native core alone; the classes of the exceptions it raises
# are in OpenSSL._exceptions.
from typing import TypeVar

_Error = TypeVar("_Error", bound=BaseException)

def memory_ended() -> bool: ...
def from_queue(error_class: type[_Error]) -> _Error: ...
