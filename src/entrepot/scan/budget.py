"""How much a hostile file may cost: every loop of the scanner pays here, and what can't pay is not read."""

import time

from entrepot.domain.values import dataclass, field


class Unreadable(ValueError):
    """The bytes are not what the format says; the message says where and why."""


class Unrecognized(ValueError):
    """On a closer look the bytes are of another format; raised before anything was found."""


class OutOfBudget(ValueError):
    """Reading on would cost more than the file may; the message names the limit."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost, with everything in it."""

    bytes_read: int = 1 << 40
    """Bytes read of the file itself, repeated reads included."""
    bytes_unpacked: int = 16 << 30
    """Bytes that compressed members may become, in all."""
    expansion_ratio: int = 2_000
    """Bytes that one packed byte may become, once more than `expansion_floor` came out (deflate's limit is 1,032)."""
    expansion_floor: int = 64 << 20
    """Unpacked bytes that nobody asks a ratio about."""
    members: int = 100_000
    """Files in the file, those in members included."""
    depth: int = 16
    """Members inside members."""
    opcodes: int = 1_000_000_000
    """Opcodes of pickles, those that are skipped included."""
    memo: int = 50_000_000
    """Values that a pickle may remember."""
    string: int = 64 << 20
    """Bytes of one string or document that has to be in memory at once."""
    values: int = 20_000_000
    """Items of structured data that were looked at one by one: JSON values, graph nodes, tensors."""
    seconds: float = 600.0
    """From the first look at the file to the last."""


@dataclass(slots=True)
class Budget:
    """What is left of the limits for one file.

    Of counted things, what can't be paid for is not paid: what one member asked in vain is left for the others.
    """

    limits: Limits = field(default_factory=Limits)
    bytes_read: int = 0
    bytes_unpacked: int = 0
    members: int = 0
    opcodes: int = 0
    values: int = 0
    deadline: float = 0.0

    def __post_init__(self) -> None:
        self.deadline = time.monotonic() + self.limits.seconds

    @property
    def is_spent(self) -> bool:
        """Whether nothing more can be read of the file, whatever it is: the time is up, or too much was read."""
        return time.monotonic() > self.deadline or self.bytes_read > self.limits.bytes_read

    def spend_bytes(self, count: int) -> None:
        """Pay for bytes read of the file, and look at the clock. Raises `OutOfBudget`."""
        self.bytes_read += count
        if self.bytes_read > self.limits.bytes_read:
            raise OutOfBudget(f"more than {self.limits.bytes_read} bytes read")
        self.check_time()

    def spend_unpacked(self, count: int) -> None:
        """Pay for bytes that came out of a packed member. Raises `OutOfBudget`."""
        self.bytes_unpacked += count
        if self.bytes_unpacked > self.limits.bytes_unpacked:
            raise OutOfBudget(f"more than {self.limits.bytes_unpacked} bytes unpacked")
        self.check_time()

    def check_ratio(self, packed: int, unpacked: int) -> None:
        """Raises `OutOfBudget` where so few bytes become so many that only a bomb does it."""
        if unpacked > self.limits.expansion_floor and unpacked > packed * self.limits.expansion_ratio:
            raise OutOfBudget(f"{packed} bytes become more than {unpacked}")

    def spend_members(self, count: int = 1) -> None:
        """Pay for members of containers. Raises `OutOfBudget`."""
        if self.members + count > self.limits.members:
            raise OutOfBudget(f"more than {self.limits.members} members")
        self.members += count

    def spend_opcodes(self, count: int) -> None:
        """Pay for opcodes of a stack machine, and look at the clock. Raises `OutOfBudget`."""
        if self.opcodes + count > self.limits.opcodes:
            raise OutOfBudget(f"more than {self.limits.opcodes} opcodes")
        self.opcodes += count
        self.check_time()

    def spend_values(self, count: int = 1) -> None:
        """Pay for items of structured data; cheap enough for every item. Raises `OutOfBudget`."""
        if self.values + count > self.limits.values:
            raise OutOfBudget(f"more than {self.limits.values} values")
        self.values += count
        if not self.values & 0x3FF:
            self.check_time()

    def check_string(self, size: int) -> None:
        """Raises `OutOfBudget` where something has to be in memory at once and is too large for that."""
        if size > self.limits.string:
            raise OutOfBudget(f"a single value of {size} bytes")

    def check_time(self) -> None:
        """Raises `OutOfBudget` once the time is up."""
        if time.monotonic() > self.deadline:
            raise OutOfBudget(f"more than {self.limits.seconds:g} seconds")
