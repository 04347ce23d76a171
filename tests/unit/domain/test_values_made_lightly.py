"""Values behave as the standard library's dataclasses do, to people and to the standard library."""

import copy
import dataclasses
import pickle

import pytest

from entrepot.domain.values import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Light:
    """A value."""

    name: str
    size: int = 3
    """Bytes."""
    parts: tuple[str, ...] = ()
    said: str = field(default="", compare=False)

    @property
    def double(self) -> int:
        """Twice the size."""
        return 2 * self.size

    @classmethod
    def empty(cls) -> "Light":
        """One without a name."""
        return cls("")


@dataclass(frozen=True, slots=True)
class Heavier(Light):
    """A value that has what another has, and more."""

    weight: float = 0.5


@dataclass(slots=True)
class Open:
    """What changes, and sets itself up."""

    items: list[int] = field(default_factory=list)
    total: int = 0

    def __post_init__(self) -> None:
        self.total = sum(self.items)


@dataclasses.dataclass(frozen=True, slots=True)
class Usual:
    """As `Light`, the usual way."""

    name: str
    size: int = 3
    parts: tuple[str, ...] = ()
    said: str = dataclasses.field(default="", compare=False)


def test_it_is_made_by_place_and_by_name_with_defaults() -> None:
    for kind in (Light, Usual):
        one = kind("a", parts=("b",))
        assert (one.name, one.size, one.parts, one.said) == ("a", 3, ("b",), "")
    assert Light.empty().double == 6


@pytest.mark.parametrize("kind", [Light, Usual])
@pytest.mark.parametrize(
    ("given", "named"), [((), {}), (("a", 1, (), "", 5), {}), (("a",), {"other": 1}), (("a",), {"name": "b"})]
)
def test_what_does_not_fit_is_refused(kind: type, given: tuple[object, ...], named: dict[str, object]) -> None:
    for _ in range(2):
        with pytest.raises(TypeError):
            kind(*given, **named)


def test_values_are_equal_by_what_is_compared_and_have_a_hash_where_they_are_frozen() -> None:
    assert Light("a") == Light("a", said="x")
    assert Light("a") != Light("b")
    assert Light("a") != Usual("a")
    assert hash(Light("a")) == hash(Light("a", said="x"))
    assert Open([1]) == Open([1])
    with pytest.raises(TypeError, match="unhashable"):
        hash(Open())


def test_each_instance_has_its_own_default() -> None:
    first, second = Open(), Open()
    first.items.append(1)
    assert second.items == []
    assert Open([1, 2]).total == 3


def test_what_is_derived_has_the_fields_of_both_in_their_order() -> None:
    one = Heavier("a", 1, ("b",), "", 2.5)
    assert (one.name, one.size, one.parts, one.weight, one.double) == ("a", 1, ("b",), 2.5, 2)
    assert isinstance(one, Light)
    assert one != Light("a", 1, ("b",))
    assert Light("a", 1).size == 1
    assert replace(one, weight=1.0) == Heavier("a", 1, ("b",), weight=1.0)
    assert pickle.loads(pickle.dumps(one)) == one
    assert not hasattr(one, "__dict__")


def test_there_is_no_room_for_other_names() -> None:
    with pytest.raises(AttributeError):
        Open().other = 1  # type: ignore[attr-defined]
    assert not hasattr(Light("a"), "__dict__")


def test_the_standard_library_takes_it_for_a_dataclass() -> None:
    one = Light("a", 4)
    assert dataclasses.replace(one, size=5) == replace(one, size=5) == Light("a", 5)
    assert dataclasses.asdict(one) == {"name": "a", "size": 4, "parts": (), "said": ""}
    assert [item.name for item in dataclasses.fields(Light)] == ["name", "size", "parts", "said"]
    assert dataclasses.asdict(Open([1])) == {"items": [1], "total": 1}
    assert dataclasses.is_dataclass(one)


def test_it_is_shown_copied_matched_and_pickled_as_one() -> None:
    one = Light("a", 4)
    assert repr(one) == "Light(name='a', size=4, parts=(), said='')"
    assert copy.deepcopy(one) == copy.copy(one) == pickle.loads(pickle.dumps(one)) == one
    match one:
        case Light(name, size):
            assert (name, size) == ("a", 4)
