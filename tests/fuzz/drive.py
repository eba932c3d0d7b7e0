"""Runs one harness under libFuzzer; started by guided.py with everything preloaded."""

from __future__ import annotations

import ctypes
import os
import sys
import traceback

import harnesses
import hello

HARNESSES = {
    "client": harnesses.client,
    "server": harnesses.server,
    "session": harnesses.session,
    "certificate": harnesses.certificate,
    "key": harnesses.key,
    "container": harnesses.container,
    "names": hello.names,
    "offer": hello.offer,
}
Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_char), ctypes.c_size_t)


def main(name: str, options: list[str]) -> int:
    harness = HARNESSES[name]
    randomness = ctypes.CDLL(os.environ["FUZZ_RANDOM"])
    assert randomness.fixed_random() == 1
    start_over = randomness.start_over

    def one(data: ctypes._Pointer[ctypes.c_char], size: int) -> int:
        start_over()
        try:
            harness(ctypes.string_at(data, size))
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os.abort()
        return 0

    kept = Callback(one)
    # To merge, libFuzzer starts itself again by this name, through a shell.
    words = [f"{sys.executable} {__file__} {name}".encode(), *(each.encode() for each in options)]
    vector = (ctypes.c_char_p * (len(words) + 1))(*words, None)
    count = ctypes.c_int(len(words))
    pointer = ctypes.cast(vector, ctypes.POINTER(ctypes.c_char_p))
    run = ctypes.CDLL(None).LLVMFuzzerRunDriver
    return int(run(ctypes.byref(count), ctypes.byref(pointer), kept))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
