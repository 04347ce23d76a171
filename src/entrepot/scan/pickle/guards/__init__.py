"""May this be called with these arguments, or filled with this state? For what only arguments make good or bad.

`judge` is asked when a call happens, for callables that `look_up` says are guarded; `judge_state` when BUILD happens,
for whatever it fills. Guards look at symbols only. What is named among the arguments is judged by the machine when it
is named; a guard says what the callable would do with it.
"""

from collections.abc import Mapping
from functools import cache

from entrepot.scan.imports import Import, Tier, Use
from entrepot.scan.pickle.guards.judgement import Guard, Judgement, Ruling, unusual
from entrepot.scan.pickle.symbols import Called, Symbol

__all__ = ["Guard", "Judgement", "Ruling", "judge", "judge_state"]


def judge(call: Called, known: Import) -> Judgement:
    """What follows from a call of something known, which may be allowed or guarded; `opcode` says how it is called."""
    if known.tier not in (Tier.ALLOWED, Tier.GUARDED) or not any(known.permits(use) for use in _uses(call)):
        return unusual(f"honest pickles don't call {known}")
    if known.tier is Tier.ALLOWED:
        return Judgement(Ruling.HONEST)
    return guards()[known.guard](call)


def _uses(call: Called) -> tuple[Use, ...]:
    """What the opcode does; INST and OBJ without arguments make an instance as NEWOBJ does."""
    if call.opcode.startswith("NEWOBJ"):
        return (Use.NEWOBJ,)
    if call.opcode in ("INST", "OBJ") and call.arguments == ():
        return (Use.NEWOBJ, Use.REDUCE)
    return (Use.REDUCE,)


def judge_state(target: Called, state: Symbol, known: Import) -> Judgement:
    """What follows from filling with that state what `target` gave; `known` is what `target` called."""
    from entrepot.scan.pickle.guards import states

    return states.judge_state(target, state, known)


@cache
def guards() -> Mapping[str, Guard]:
    """Every guard by its name in the lists."""
    from entrepot.scan.pickle.guards import arrays, code, containers, iterators, objects, scalars, tensors

    return {
        **scalars.GUARDS,
        **containers.GUARDS,
        **iterators.GUARDS,
        **objects.GUARDS,
        **arrays.GUARDS,
        **tensors.GUARDS,
        **code.GUARDS,
    }
