"""Lockdown: what a process gives up before it looks at hostile bytes. There is no way back.

Linux: resource limits, another user where it was root, no network, Landlock for files, seccomp for system calls.
Elsewhere: resource limits. What could not be had is named, so that operators can be told.
"""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
"""The user and group that own nothing."""
MAX_DESCRIPTORS = 64

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER_MODE = 38, 22, 2
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_ACCESS = (1 << 13) - 1
"""Every right over files that the first version of Landlock knows."""
_READ = (1 << 2) | (1 << 3)

# Network; other programs and processes, signals to them and their limits and turns; names, lengths, owners, modes,
# times and attributes of files, which Landlock's first version leaves alone; kernel interfaces and shared memory. The
# numbers are the kernel's. Where the server is not root, all that is its own would be within reach otherwise.
_REFUSED = {
    "x86_64": (
        0xC000003E,
        (
            *(41, 42, 43, 49, 50, 53, 288),
            *(56, 57, 58, 59, 62, 101, 200, 310, 311, 322, 435),
            *(129, 141, 142, 144, 203, 234, 251, 297, 302, 312, 314, 424, 434, 438),
            *(86, 88, 133, 155, 161, 165, 166, 259, 265, 266, 272, 303, 304, 308),
            *(76, 90, 91, 92, 93, 94, 132, 188, 189, 190, 197, 198, 199, 235, 260, 261, 268, 280, 452, 463, 466, 469),
            *(29, 64, 68, 167, 169, 175, 176, 246, 248, 249, 250, 298, 313, 321, 323, 425, 426, 427),
            *(30, 31, 65, 66, 69, 70, 71, 220, 240, 241),
        ),
    ),
    "aarch64": (
        0xC00000B7,
        (
            *(198, 199, 200, 201, 202, 203, 242),
            *(117, 129, 130, 220, 221, 270, 271, 281, 435),
            *(30, 118, 119, 122, 131, 138, 140, 240, 261, 272, 274, 424, 434, 438),
            *(33, 36, 37, 39, 40, 41, 51, 97, 264, 265, 268),
            *(5, 6, 7, 14, 15, 16, 45, 52, 53, 54, 55, 88, 452, 463, 466, 469),
            *(104, 105, 106, 142, 186, 190, 194, 217, 218, 219, 224, 241, 273, 280, 282, 425, 426, 427),
            *(180, 181, 187, 188, 189, 191, 192, 193, 195, 196),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Confines:
    """What is left: a folder to write to, memory on top of what is used already, and seconds of work."""

    folder: Path
    memory: int
    seconds: int
    file_bytes: int


class NotConfined(Exception):
    """The process could not be kept from doing harm, and must not go on."""


def lock_down(confines: Confines) -> list[str]:
    """Give everything up; the names of the protections that are in force. Raises `NotConfined`."""
    try:
        done = ["limits"]
        _limit(confines)
        if sys.platform != "linux":
            _leave_root()
            return done
        library = ctypes.CDLL(None, use_errno=True)
        steps: tuple[tuple[str, Callable[[], bool]], ...] = (
            # In this order: a network is left while there is still somebody to be, Python's folders are opened while
            # they can be, and both fences ask that no privileges can be gained any more.
            ("network", lambda: _leave_network(library)),
            ("privileges", lambda: library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0),
            ("files", lambda: _fence_files(library, confines.folder)),
            ("user", _leave_root),
            ("calls", lambda: _refuse_calls(library)),
        )
        return done + [name for name, step in steps if step()]
    except (OSError, ValueError) as error:
        raise NotConfined(f"the scanner's process can't be confined: {error}") from error


def _limit(confines: Confines) -> None:
    seconds = confines.seconds
    limits = {
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": seconds,
        "RLIMIT_NOFILE": MAX_DESCRIPTORS,
        "RLIMIT_FSIZE": confines.file_bytes,
        "RLIMIT_AS": _mapped() + confines.memory,
    }
    for name, value in limits.items():
        kind = getattr(resource, name)
        most = resource.getrlimit(kind)[1]
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(kind, (value, value))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(seconds)


def _mapped() -> int:
    """Bytes of address space that are in use now."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 1 << 30


def _leave_network(library: ctypes.CDLL) -> bool:
    if os.geteuid() == 0:
        return bool(library.unshare(_NEW_NETWORK) == 0)
    return bool(library.unshare(_NEW_USER | _NEW_NETWORK) == 0)


def _leave_root() -> bool:
    if os.geteuid() != 0:
        return True
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    return True


def _fence_files(library: ctypes.CDLL, folder: Path) -> bool:
    """Nothing can be written but in the folder, and nothing read but there and where Python itself lies (Landlock)."""
    attributes = struct.pack("=Q", _ACCESS)
    ruleset = library.syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return False
    try:
        _allow(library, ruleset, folder, _ACCESS)
        for place in _places_of_python():
            _allow(library, ruleset, place, _READ)
        return bool(library.syscall(_LANDLOCK_RESTRICT, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _places_of_python() -> Iterable[Path]:
    return {Path(place) for place in (sys.prefix, sys.base_prefix, *sys.path) if place and Path(place).is_dir()}


def _allow(library: ctypes.CDLL, ruleset: int, folder: Path, access: int) -> None:
    try:
        descriptor = os.open(folder, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what can't be opened can't be read afterwards either
    try:
        rule = struct.pack("=Qi", access, descriptor)
        library.syscall(_LANDLOCK_ADD, ruleset, 1, rule, 0)
    finally:
        os.close(descriptor)


def _refuse_calls(library: ctypes.CDLL) -> bool:
    known = _REFUSED.get(platform.machine())
    if known is None:
        return False
    architecture, numbers = known
    program = _program(architecture, numbers)
    buffer = ctypes.create_string_buffer(program)
    description = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    return bool(library.prctl(_SET_SECCOMP, _FILTER_MODE, ctypes.c_char_p(description), 0, 0) == 0)


def _program(architecture: int, numbers: tuple[int, ...]) -> bytes:
    """A filter in the kernel's classic BPF: kill on another architecture, refuse the numbers, allow the rest."""
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06
    kill, refuse, allow = 0x80000000, 0x00050000 | 1, 0x7FFF0000  # 1 is EPERM
    count = len(numbers)
    lines = [
        (load, 0, 0, 4),
        (equal, 1, 0, architecture),
        (answer, 0, 0, kill),
        (load, 0, 0, 0),
        (at_least, count + 1, 0, 0x40000000),  # the same calls under other numbers (x32)
        *((equal, count - at, 0, number) for at, number in enumerate(numbers)),
        (answer, 0, 0, allow),
        (answer, 0, 0, refuse),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)
