# SPDX-License-Identifier: Apache-2.0
"""Free ports. Taken below the range that the kernel gives to clients, so that nobody's connection sits on one by chance."""
import random
import socket

_given = set()
_random = random.SystemRandom()


def free_port(kind=socket.SOCK_STREAM):
    for _ in range(500):
        port = _random.randrange(10500, 32700)
        if port in _given:
            continue
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("", port))
            except OSError:
                continue
        _given.add(port)
        return port
    raise RuntimeError("no free port in 500 tries")
