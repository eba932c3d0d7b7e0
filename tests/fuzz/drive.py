"""Runs one harness under libFuzzer; started by guided.py with everything preloaded."""

from __future__ import annotations

import ctypes
import gc
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
Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t)


def main(name: str, options: list[str]) -> int:
    harness = HARNESSES[name]
    randomness = ctypes.CDLL(os.environ["FUZZ_RANDOM"])
    assert randomness.fixed_random() == 1
    start_over, string_at = randomness.start_over, ctypes.string_at

    def one(data: int, size: int) -> int:
        start_over()
        try:
            harness(string_at(data, size))
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os.abort()
        return 0

    kept = Callback(one)
    # What stands now stands to the end: the collector need not look at it again.
    gc.freeze()
    # To merge, libFuzzer starts itself again by this name, through a shell.
    words = [f"{sys.executable} {__file__} {name}".encode(), *(each.encode() for each in options)]
    vector = (ctypes.c_char_p * (len(words) + 1))(*words, None)
    count = ctypes.c_int(len(words))
    pointer = ctypes.cast(vector, ctypes.POINTER(ctypes.c_char_p))
    run = ctypes.CDLL(None).LLVMFuzzerRunDriver
    return int(run(ctypes.byref(count), ctypes.byref(pointer), kept))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
