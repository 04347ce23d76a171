"""What a process can still do once it is locked down: read what it was handed, write to its folder, and nothing else.

Each attempt is made in a forked child that calls `lock_down` first, against files that it could reach otherwise.
"""

import ctypes
import errno
import os
import platform
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from entrepot.operations.inspection.lockdown import _REFUSED, NOBODY, Confines, lock_down

WENT_WELL, PREVENTED, TOO_MUCH, DIED = "went well", "prevented", "too much memory", "died"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the confined process may write to."""
    with tempfile.TemporaryDirectory(prefix="entrepot-test-") as name:
        if os.geteuid() == 0:
            os.chown(name, NOBODY, NOBODY)
        yield Path(name)


@pytest.fixture
def outside() -> Iterator[Path]:
    """A folder beside it that everybody may write to, with a token that everybody may read."""
    with tempfile.TemporaryDirectory(prefix="entrepot-test-") as name:
        token = Path(name) / "admin-token"
        token.write_text("secret")
        token.chmod(0o666)
        Path(name).chmod(0o777)
        yield Path(name)


def _child(attempt: Callable[[], object], folder: Path, answers: int) -> None:
    try:
        done = lock_down(Confines(folder, 1 << 28, 20, 1 << 20))
        os.write(answers, ",".join(done).encode() + b"\n")
        attempt()
        os.write(answers, WENT_WELL.encode())
    except OSError as error:
        os.write(answers, f"{PREVENTED} {error.errno}".encode())
    except MemoryError:
        os.write(answers, TOO_MUCH.encode())
    except BaseException as error:  # noqa: BLE001 - the test has to hear of it
        os.write(answers, repr(error).encode())
    finally:
        os._exit(0)


def confined(attempt: Callable[[], object], folder: Path, needs: str) -> str:
    """What came of an attempt behind the fences; skips where the kernel lacks the one that is tested."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        _child(attempt, folder, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as answers:
        protections, _, outcome = answers.read().decode().partition("\n")
    os.waitpid(process, 0)
    if needs not in protections.split(","):
        pytest.skip(f"this kernel offers no protection of {needs}: {protections} {outcome}")
    return outcome or DIED


def prevented(outcome: str) -> bool:
    return outcome.startswith(PREVENTED)


def test_what_it_may_do_works(folder: Path) -> None:
    def attempt() -> None:
        path = folder / "unpacked"
        path.write_bytes(b"x" * 1000)
        assert path.read_bytes() == b"x" * 1000
        path.unlink()

    assert confined(attempt, folder, "limits") == WENT_WELL


def test_no_network_is_to_be_had(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        assert prevented(confined(lambda: socket.socket().connect(address), folder, "calls"))
    assert prevented(confined(lambda: socket.socket(socket.AF_UNIX), folder, "calls"))
    assert prevented(confined(socket.socketpair, folder, "calls"))


def test_a_network_of_its_own_has_nobody_in_it(folder: Path) -> None:
    def names() -> None:
        assert [name for _, name in socket.if_nameindex()] in ([], ["lo"])

    # Asking for the names takes a socket, which is refused by itself; what must not be is other names.
    outcome = confined(names, folder, "network")
    assert prevented(outcome) or outcome == WENT_WELL


def test_nothing_outside_of_its_folder_is_read_or_changed(folder: Path, outside: Path) -> None:
    token = outside / "admin-token"
    attempts: list[Callable[[], object]] = [
        token.read_text,
        lambda: token.write_text("other"),
        lambda: (outside / "new").write_text("new"),
        token.unlink,
        lambda: token.rename(folder / "mine"),
        lambda: os.link(token, folder / "mine"),
        lambda: os.symlink(token, folder / "mine"),
        (outside / "folder").mkdir,
        lambda: os.listdir(outside),
        lambda: os.truncate(token, 0),
        lambda: Path("/proc/self/environ").read_bytes(),
        lambda: Path("/etc/passwd").read_bytes(),
    ]
    for number, attempt in enumerate(attempts):
        assert prevented(confined(attempt, folder, "files")), number
    assert token.read_text() == "secret"
    assert os.listdir(outside) == ["admin-token"]


def test_the_file_that_was_handed_over_is_read_and_not_changed_in_any_way(folder: Path, outside: Path) -> None:
    token = outside / "admin-token"
    if os.geteuid() == 0:
        os.chown(token, NOBODY, NOBODY)  # its own file, so that nothing but the fence can be in the way
    descriptor = os.open(token, os.O_RDONLY)
    try:
        assert confined(lambda: os.pread(descriptor, 6, 0), folder, "calls") == WENT_WELL
        attempts: list[Callable[[], object]] = [
            lambda: os.fchmod(descriptor, 0o777),
            lambda: os.fchown(descriptor, NOBODY, NOBODY),
            lambda: os.utime(descriptor),
            lambda: os.ftruncate(descriptor, 0),
            lambda: os.setxattr(descriptor, "user.a", b"b"),
            lambda: token.chmod(0),
            lambda: os.utime(token),
            lambda: Path(f"/proc/self/fd/{descriptor}").write_text("other"),
        ]
        for number, attempt in enumerate(attempts):
            assert prevented(confined(attempt, folder, "calls")), number
    finally:
        os.close(descriptor)
    assert (token.read_text(), token.stat().st_mode & 0o777) == ("secret", 0o666)


def test_no_other_program_and_no_other_process_begins(folder: Path) -> None:
    def thread() -> None:
        try:
            threading.Thread(target=lambda: None).start()
        except RuntimeError as error:
            raise PermissionError(str(error)) from error

    attempts: list[Callable[[], object]] = [
        lambda: os.execv("/bin/sh", ["sh", "-c", "echo"]),
        os.fork,
        lambda: os.posix_spawn("/bin/sh", ["sh", "-c", "echo"], {}),
        thread,
    ]
    for number, attempt in enumerate(attempts):
        assert prevented(confined(attempt, folder, "calls")), number


def test_no_other_process_is_touched(folder: Path) -> None:
    import resource
    import signal

    parent = os.getpid()
    attempts: list[Callable[[], object]] = [
        lambda: os.kill(parent, 0),
        lambda: os.kill(-1, 0),
        lambda: os.killpg(os.getpgid(0), 0),
        lambda: signal.pidfd_send_signal(os.pidfd_open(parent), 0),
        lambda: resource.prlimit(parent, resource.RLIMIT_CORE, (0, 0)),
        lambda: os.setpriority(os.PRIO_PROCESS, parent, 5),
        lambda: os.sched_setaffinity(parent, {0}),
    ]
    for number, attempt in enumerate(attempts):
        assert prevented(confined(attempt, folder, "calls")), number


@pytest.mark.skipif(sys.platform != "linux" or platform.machine() not in _REFUSED, reason="knows no calls to refuse")
def test_every_call_that_is_listed_is_refused_as_such(folder: Path) -> None:
    def attempt() -> None:
        library = ctypes.CDLL(None, use_errno=True)
        wrong = []
        for number in _REFUSED[platform.machine()][1]:
            # Arguments that mean nothing: a call that got through would complain of them in another way.
            outcome = library.syscall(number, -1, -1, -1, -1, -1, -1)
            if outcome != -1 or ctypes.get_errno() != errno.EPERM:
                wrong.append(number)
        assert wrong == []

    assert confined(attempt, folder, "calls") == WENT_WELL


def test_root_is_left_for_good(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can leave root")

    def attempt() -> None:
        assert (os.getresuid(), os.getresgid(), os.getgroups()) == ((NOBODY,) * 3, (NOBODY,) * 3, [])
        os.setresuid(0, 0, 0)

    assert prevented(confined(attempt, folder, "user"))


def test_memory_files_and_their_sizes_have_limits(folder: Path) -> None:
    def many_files() -> None:
        for number in range(1000):
            os.open(folder / str(number), os.O_CREAT | os.O_RDWR, 0o600)

    def large_file() -> None:
        with (folder / "large").open("wb") as file:
            for _ in range(3):
                file.write(b"x" * (1 << 20))
                file.flush()

    assert confined(lambda: bytearray(1 << 29), folder, "limits") == TOO_MUCH
    assert confined(many_files, folder, "limits") == f"{PREVENTED} {errno.EMFILE}"
    assert confined(large_file, folder, "limits") in (f"{PREVENTED} {errno.EFBIG}", DIED)
    assert (folder / "large").stat().st_size <= 1 << 20


def test_time_has_a_limit(folder: Path) -> None:
    def forever() -> None:
        while True:
            pass

    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        try:
            lock_down(Confines(folder, 1 << 28, 1, 1 << 20))
            forever()
        finally:
            os._exit(0)
    os.close(writing)
    os.close(reading)
    _, status = os.waitpid(process, 0)
    assert os.WIFSIGNALED(status)
