# SPDX-License-Identifier: Apache-2.0
"""What some processes cost: CPU time from /proc, and instructions and cycles, user and kernel apart, from perf_event_open.

Where the machine has no hardware counters, .available is False and their figures are None; tests/bench/run --steps counts user
instructions by single steps instead.
"""
import ctypes
import fcntl
import os
import platform
import struct

_SYSCALL = {"x86_64": 298, "aarch64": 241}.get(platform.machine())
_libc = ctypes.CDLL(None, use_errno=True)
HARDWARE, CYCLES, INSTRUCTIONS = 0, 0, 1
ENABLE, DISABLE = 0x2400, 0x2401
EXCLUDE_USER, EXCLUDE_KERNEL, EXCLUDE_HV, DISABLED = 1 << 4, 1 << 5, 1 << 6, 1
EVENTS = {"user instructions": (INSTRUCTIONS, EXCLUDE_KERNEL), "kernel instructions": (INSTRUCTIONS, EXCLUDE_USER),
          "user cycles": (CYCLES, EXCLUDE_KERNEL), "kernel cycles": (CYCLES, EXCLUDE_USER)}


def _open(config, exclude, tid):
    attributes = struct.pack("=IIQQQQQIIQ", HARDWARE, 112, config, 0, 0, 3, DISABLED | EXCLUDE_HV | exclude, 0, 0, 0).ljust(112, b"\0")
    return _libc.syscall(_SYSCALL, attributes, tid, -1, -1, 0)


def _tasks(pids):
    for pid in pids:
        try:
            yield from ((pid, int(t)) for t in os.listdir(f"/proc/{pid}/task"))
        except OSError:
            pass


class Counters:
    def __init__(self, pids):
        self.pids = pids
        self._files = {name: [] for name in EVENTS}
        if _SYSCALL is not None:
            for _, tid in _tasks(pids):
                for name, (config, exclude) in EVENTS.items():
                    fd = _open(config, exclude, tid)
                    if fd >= 0:
                        self._files[name].append(fd)
        self.available = all(self._files.values())

    def _run_time(self):
        """nanoseconds on a CPU, and how often a thread was switched, of all threads"""
        total = switches = 0
        for pid, tid in _tasks(self.pids):
            try:
                total += int(open(f"/proc/{pid}/task/{tid}/schedstat").read().split()[0])
                for line in open(f"/proc/{pid}/task/{tid}/status"):
                    if "ctxt_switches" in line:
                        switches += int(line.split()[1])
            except OSError:
                pass
        return total, switches

    def start(self):
        for fds in self._files.values():
            for fd in fds:
                fcntl.ioctl(fd, ENABLE, 0)
        self._before = self._run_time()

    def stop(self):
        """-> {"cpu_us", "switches", and each of EVENTS or None}; to be called once"""
        after = self._run_time()
        out = {"cpu_us": (after[0] - self._before[0]) / 1000, "switches": after[1] - self._before[1]}
        for name, fds in self._files.items():
            total = 0
            for fd in fds:
                fcntl.ioctl(fd, DISABLE, 0)
                value, enabled, running = struct.unpack("QQQ", os.read(fd, 24))
                total += value * enabled // running if running else 0
                os.close(fd)
            out[name] = total if self.available else None
        return out
