"""What this machine is, and how fast, so that figures of different machines can be set side by side."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Machine:
    """cpu: class of instruction sets. calibration_seconds: see `calibration`."""

    cpu: str
    cores: int | None
    system: str
    python: str
    calibration_seconds: float


def this_machine() -> Machine:
    """The calibration is the best of three."""
    from gamegen.engine.manifest import cpu_class

    system = f"{platform.system()} {platform.release()}"
    seconds = min(calibration() for _ in range(3))
    return Machine(cpu_class(), os.cpu_count(), system, platform.python_version(), seconds)


def calibration() -> float:
    """Seconds for a fixed piece of work: ten products of 1,024 x 1,024 float32 and two million loop steps."""
    import numpy as np

    matrix = np.ones((1024, 1024), dtype=np.float32)
    start = perf_counter()
    for _ in range(10):
        matrix @ matrix
    total = 0
    for number in range(2_000_000):
        total += number
    return perf_counter() - start


def peak_memory() -> int | None:
    """Peak resident memory of this process so far, in bytes; None where the system does not tell."""
    if sys.platform == "win32":
        return _windows_peak()
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def _windows_peak() -> int | None:
    """PeakWorkingSetSize of PROCESS_MEMORY_COUNTERS (psapi.h)."""
    if sys.platform != "win32":
        return None
    import ctypes
    from ctypes import wintypes

    names = ("PageFaultCount", "PeakWorkingSetSize", "WorkingSetSize", "QuotaPeakPagedPoolUsage", "QuotaPagedPoolUsage")
    names += ("QuotaPeakNonPagedPoolUsage", "QuotaNonPagedPoolUsage", "PagefileUsage", "PeakPagefileUsage")

    class Counters(ctypes.Structure):
        _fields_ = (("cb", wintypes.DWORD), *((n, wintypes.DWORD if n == names[0] else ctypes.c_size_t) for n in names))

    counters = Counters(cb=ctypes.sizeof(Counters))
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.GetCurrentProcess.restype = wintypes.HANDLE
    ask = kernel.K32GetProcessMemoryInfo
    ask.argtypes = (wintypes.HANDLE, ctypes.POINTER(Counters), wintypes.DWORD)
    return int(counters.PeakWorkingSetSize) if ask(kernel.GetCurrentProcess(), counters, counters.cb) else None
