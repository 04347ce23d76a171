"""The scanner against other scanners, as whole processes on the same files in the same run; and what it reads of
large files. Peers come from requirements-peers.lock."""

import compileall
import json
import os
import pickle
import struct
import subprocess
import sys
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from measure import MIB, QUICK, ROOT, RUNS, Row, ratio

PEERS = ROOT / ".venv-peers" / "bin"
ENTREPOT = str(Path(sys.executable).parent / "entrepot")
HEAVY = (8 if QUICK else 64) * MIB
SMALL_FILES = 400 if QUICK else 2000
LARGE = (1 if QUICK else 10) << 30
PATIENCE = 60
"""Seconds after which a peer counts as having needed that long."""


class Leaf:
    """What a forest is made of."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.name = f"leaf {number}"
        self.weight = number / 7
        self.children: list[Leaf] = []


@dataclass(frozen=True)
class Run:
    """One process: how long it took and how much memory it had at most."""

    seconds: float
    memory: int
    finished: bool


# A small process that starts the command: of a large one, the child would count the parent's memory as its own.
_LAUNCHER = """
import os, sys, time
started = time.perf_counter()
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ, file_actions=[
    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0), (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)])
while True:
    done, _, usage = os.wait4(pid, os.WNOHANG)
    taken = time.perf_counter() - started
    if done or taken > float(sys.argv[1]):
        break
    time.sleep(0.001)
if not done:
    os.kill(pid, 9)
    _, _, usage = os.wait4(pid, 0)
print(taken, usage.ru_maxrss << 10, int(bool(done)))
"""


def run(command: list[str]) -> Run:
    """Run the command; exit codes are findings, so they don't count."""
    quiet = {**os.environ, "PROMPTFOO_DISABLE_TELEMETRY": "1", "NO_ANALYTICS": "1", "CI": "true"}
    launcher = [sys.executable, "-S", "-E", "-c", _LAUNCHER, str(PATIENCE), *command]
    with tempfile.TemporaryDirectory() as folder:  # some leave their results where they stand
        done = subprocess.run(launcher, capture_output=True, env=quiet, check=True, cwd=folder)
    seconds, memory, finished = done.stdout.split()
    return Run(float(seconds), int(memory), finished == b"1")


def peers(path: Path) -> dict[str, list[str]]:
    """How each peer is asked about a path."""
    return {
        "picklescan": [str(PEERS / "picklescan"), "-p", str(path)],
        "fickling": [str(PEERS / "fickling"), "--check-safety", str(path)],
        "modelscan": [str(PEERS / "modelscan"), "-p", str(path)],
        "modelaudit": [str(PEERS / "modelaudit"), "scan", "--no-cache", str(path)],
    }


def measure(folder: Path) -> list[Row]:
    """All rows."""
    # Peers are installed, which compiles them; our sources may have changed since they were.
    compileall.compile_dir(ROOT / "src", quiet=1)
    return [
        *heavy(folder),
        *many(folder),
        tiny(folder),
        *large(folder),
    ]


def heavy(folder: Path) -> list[Row]:
    """Pickles with millions of opcodes."""
    rows = []
    tiny_file = folder / "tiny.pkl"
    tiny_file.write_bytes(pickle.dumps({"a": 1}))
    idle = run([ENTREPOT, "scan", str(tiny_file)]).memory
    for name, build in (
        ("dict of strings and ints", _words),
        ("list of floats", _floats),
        ("forest of objects", _forest),
    ):
        path = folder / "heavy.pkl"
        path.write_bytes(build())
        ours = sorted((run([ENTREPOT, "scan", str(path)]) for _ in range(RUNS)), key=lambda one: one.seconds)[RUNS // 2]
        theirs = {peer: run(command) for peer, command in peers(path).items()}
        fastest = min(theirs, key=lambda peer: theirs[peer].seconds)
        factor = theirs[fastest].seconds / ours.seconds
        said = ", ".join(
            f"{peer} {'' if one.finished else '> '}{one.seconds / ours.seconds:.1f}× the time, {one.memory // MIB} MiB"
            for peer, one in theirs.items()
        )
        what = f"pickle, {path.stat().st_size // MIB} MiB, {name}: times as fast as {fastest} ({said})"
        rows.append(Row(what, f"{factor:.1f}", "≥ 15", factor >= 15))
        beyond = max(0, ours.memory - idle) // MIB
        rows.append(
            Row(
                f"  its memory beyond that of a tiny file ({idle // MIB} MiB)",
                f"{beyond} MiB",
                "< 100 MiB",
                beyond < 100,
            )
        )
    return rows


def many(folder: Path) -> list[Row]:
    """Many files at once, of a peer and of one process."""
    small, mixed = folder / "small", folder / "mixed"
    small.mkdir()
    mixed.mkdir()
    for number in range(SMALL_FILES):
        data = pickle.dumps({f"key {number} {index}": [index, index / 3, str(index)] for index in range(30)})
        (small / f"{number}.pkl").write_bytes(data)
    for number in range(SMALL_FILES // 10):
        rows = {f"{number}-{index}": (index, str(index), index / 3) for index in range(20_000)}
        (mixed / f"{number}.pkl").write_bytes(pickle.dumps(rows, 2))
    both = ratio(
        f"{SMALL_FILES} small pickles in one call, of picklescan",
        lambda: run([ENTREPOT, "scan", str(small)]).seconds,
        lambda: run(peers(small)["picklescan"]).seconds,
        1.5,
    )
    shared = ratio(
        f"--jobs 2, of --jobs 1, {SMALL_FILES // 10} files",
        lambda: run([ENTREPOT, "scan", "--jobs", "2", str(mixed)]).seconds,
        lambda: run([ENTREPOT, "scan", "--jobs", "1", str(mixed)]).seconds,
        1.7,
    )
    return [both, shared]


def tiny(folder: Path) -> Row:
    """One tiny file: what starting costs."""
    path = folder / "one.pkl"
    path.write_bytes(pickle.dumps({"a": 1}))
    found = []
    for _ in range(RUNS * 3):
        ours, theirs = run([ENTREPOT, "scan", str(path)]).seconds, run(peers(path)["picklescan"]).seconds
        found.append(ours / theirs)
    median = sorted(found)[len(found) // 2]
    return Row("one tiny file, whole process, of picklescan's time", f"{median:.2f}", "≤ 1.5", median <= 1.5)


def large(folder: Path) -> list[Row]:
    """Large files with holes for tensors: what is read of them."""
    rows = []
    for name, build in (("safetensors", safetensors_file), ("torch zip", torch_zip)):
        path = folder / f"large{'.safetensors' if name == 'safetensors' else '.pt'}"
        needed = build(path)
        done = subprocess.run([ENTREPOT, "scan", "--format", "json", str(path)], capture_output=True, check=False)
        report = json.loads(done.stdout)["files"][0]
        beyond = report["bytes_read"] - needed
        gib = path.stat().st_size >> 30
        what = f"{gib} GiB {name} ({report['verdict']}): bytes read beyond headers and pickles"
        rows.append(Row(what, f"{beyond:,}", "< 1,000,000", beyond < 1_000_000 and report["verdict"] == "clean"))
        memory = run([ENTREPOT, "scan", str(path)]).memory // MIB
        rows.append(Row("  its peak memory", f"{memory} MiB", "< 100 MiB", memory < 100))
        path.unlink()
    return rows


def _words() -> bytes:
    count = HEAVY // 22
    return pickle.dumps({f"word {number:x}": number for number in range(count)})


def _floats() -> bytes:
    return pickle.dumps([number / 7 for number in range(HEAVY // 9)])


def _forest() -> bytes:
    trees = []
    for number in range(HEAVY // 250):
        tree = Leaf(number)
        tree.children = [Leaf(number + child) for child in range(3)]
        trees.append(tree)
    return pickle.dumps(trees)


def safetensors_file(path: Path) -> int:
    size = LARGE // 200 // 4096 * 4096
    header = json.dumps(
        {
            f"layer.{number}": {
                "dtype": "F32",
                "shape": [size // 4],
                "data_offsets": [number * size, (number + 1) * size],
            }
            for number in range(200)
        }
    ).encode()
    header += b" " * (-len(header) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + 200 * size)
    return 8 + len(header)


def torch_zip(path: Path, pickled: bytes = b"") -> int:
    """A zip as torch.save writes it, with storages that are holes in the file; needs no torch."""
    size = LARGE // 200 // 64 * 64
    zeros = zlib.crc32(bytes(size))
    pickled = pickled or _state_dict(size)
    members = [("model/data.pkl", pickled, len(pickled), zlib.crc32(pickled)), ("model/byteorder", b"little", 6, 0)]
    members += [(f"model/data/{number}", b"", size, zeros) for number in range(200)]
    members.append(("model/version", b"3\n", 2, zlib.crc32(b"3\n")))
    directory = b""
    with path.open("wb") as file:
        for name, data, length, checksum in members:
            checksum = checksum or zlib.crc32(data)
            offset, raw = file.tell(), name.encode()
            common = struct.pack("<HHHHIII", 0, 0, 0, 0, checksum, length, length)
            file.write(struct.pack("<IH", 0x04034B50, 45) + common + struct.pack("<HH", len(raw), 0) + raw + data)
            file.seek(length - len(data), os.SEEK_CUR)
            extra = struct.pack("<HHQ", 1, 8, offset)
            directory += struct.pack("<IHH", 0x02014B50, 45, 45) + common
            directory += struct.pack("<HHHHHII", len(raw), len(extra), 0, 0, 0, 0, 0xFFFFFFFF) + raw + extra
        start = file.tell()
        file.write(directory)
        end = file.tell()
        counts = (len(members), len(members), end - start, start)
        file.write(struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, *counts))
        file.write(struct.pack("<IIQI", 0x07064B50, 0, end, 1))
        file.write(struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0))
    return len(pickled) + len(directory)


def _state_dict(size: int) -> bytes:
    """The pickle of a state dict whose tensors are in storages of that many bytes."""
    parts = [b"\x80\x02ccollections\nOrderedDict\n)R("]
    for number in range(200):
        name, key = f"layer.{number}.weight".encode(), str(number).encode()
        count = b"J" + struct.pack("<i", size // 4)
        parts += [_text(name), b"ctorch._utils\n_rebuild_tensor_v2\n((", _text(b"storage"), b"ctorch\nFloatStorage\n"]
        parts += [_text(key), _text(b"cpu"), count, b"tQK\x00", count, b"\x85K\x01\x85\x89"]
        parts += [b"ccollections\nOrderedDict\n)RtR"]
    return b"".join([*parts, b"u."])


def _text(raw: bytes) -> bytes:
    return b"X" + struct.pack("<I", len(raw)) + raw
