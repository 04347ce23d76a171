"""What is remembered of what was asked for last: up to a weight, and for a time."""

from entrepot.operations.recent import Recent


def test_what_is_too_heavy_by_itself_is_not_remembered_and_drives_nothing_else_out() -> None:
    recent: Recent[int] = Recent(10, lambda value: value)
    recent.put("a", 4)
    recent.put("b", 5)
    recent.put("c", 11)
    assert (recent.get("a"), recent.get("b"), recent.get("c")) == (4, 5, None)


def test_what_is_too_heavy_now_is_not_answered_with_what_it_was() -> None:
    recent: Recent[int] = Recent(10, lambda value: value)
    recent.put("a", 4)
    recent.put("a", 11)
    assert recent.get("a") is None
    recent.put("b", 10)
    assert recent.get("b") == 10


def test_what_is_too_old_is_forgotten() -> None:
    now = 0.0
    recent: Recent[str] = Recent(10, seconds=5, clock=lambda: now)
    recent.put("a", "x")
    now = 5.0
    assert recent.get("a") == "x"
    now = 5.1
    assert recent.get("a") is None
