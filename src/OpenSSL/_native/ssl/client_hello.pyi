from collections.abc import Callable
from typing import Any

from OpenSSL._native.ssl.context import Context

def set_client_hello_callback(context: Context, callback: Callable[..., Any] | None) -> None: ...
def get_client_hello_callback(context: Context) -> Callable[..., Any] | None: ...
