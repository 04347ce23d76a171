"""Which rule does a call or a mention of a name fall under? By what is known of it, and by how it is used."""

import re
import sys

from entrepot.scan.imports import Harm, Import, Tier, Use, look_up
from entrepot.scan.pickle.plainness import loose_parts, make_tuple
from entrepot.scan.pickle.symbols import Called, Global, Symbol

_RANKS = {Tier.ALLOWED: 0, Tier.UNKNOWN: 1, Tier.GUARDED: 2, Tier.UNLISTED: 3, Tier.DANGEROUS: 4}
_ACTS = re.compile(
    r"\w*(?:Run|Runner|Exec|Executor|Execute|Shell|Command|Popen|Spawn|Spawner|Launcher|Interpreter|Console|Evaluate"
    r"|Unpickler|Loads|Subprocess|System|Eval)"
)
"""Classes that are there to do what they are told."""
_MILD = frozenset(
    "ast copy dataclasses email json csv configparser plistlib traceback typing reprlib fnmatch getopt weakref enum "
    "string warnings locale abc numbers tokenize token symbol optparse unittest bisect heapq collections".split()
)
"""Python's modules that are listed as doing harm because of what calls into them can be made to do: to name one of
their functions is no harm by itself."""
_CODE = re.compile(
    r"__import__\(|\bos\.(?:system|popen|exec\w*|spawn\w*)\(|\bsubprocess\.\w+\(|\b(?:exec|eval|compile|getattr)\("
    r"|\bimport (?:os|subprocess|socket|base64|pty|ctypes|urllib|requests)\b|/bin/(?:ba|z|da)?sh\b|\bpowershell\b"
    r"|\b(?:curl|wget)\b[^\n]{0,200}https?:"
)


def known_of(symbol: Global) -> Import:
    """What is known of an import; of two readings of its name, the worse one."""
    known = look_up(symbol.module, symbol.name)
    # Of Python 2's own modules, nothing can be imported by Python 3 under their old names.
    if symbol.written is not None and is_standard(symbol.written[0]):
        other = look_up(*symbol.written)
        if _RANKS[other.tier] > _RANKS[known.tier]:
            return other
    return known


def verdict_of_call(call: Called, known: Import) -> tuple[str, str]:
    """The rule and the message for a call of something that no list allows."""
    does = known.why if known.tier is Tier.DANGEROUS else f"calls {known}: {known.why}"
    if known.tier is Tier.DANGEROUS:
        return f"call.{known.harm or Harm.EXECUTION}", f"calls {known}, which {_rest(known)}"
    made = call.opcode.startswith("NEWOBJ") or (call.opcode in ("OBJ", "INST") and call.arguments == ())
    if known.tier is Tier.UNKNOWN:
        # NEWOBJ works with nothing but classes, however they are spelled.
        if call.opcode.startswith("NEWOBJ") or (seems_class(known.name) and (made or _is_given_data(call, known))):
            return "class.unknown", f"makes instances of {known}, a class of which nothing is known"
        return "call.unknown-class" if made or seems_class(known.name) else "call.unknown", does
    if made and not is_standard(known.module) and seems_class(known.name):
        return "class.unlisted", does
    return "call.unlisted", does


def verdict_of_mention(known: Import) -> tuple[str, str] | None:
    """The rule and the message for a name that is imported and not called."""
    match known.tier:
        case Tier.DANGEROUS if known.harm is Harm.ATTRIBUTE and "." in known.name:
            return "name.dotted", f"imports {known}, and {known.why}"
        case Tier.DANGEROUS if known.harm is Harm.RESOURCES:
            return None
        case Tier.DANGEROUS if known.module.partition(".")[0] in _MILD or not _is_of_python(known.module):
            return "reference.unlisted", f"imports {known}, which {_rest(known)}"
        case Tier.DANGEROUS:
            return "reference.dangerous", f"imports {known}, which {_rest(known)}"
        case Tier.UNLISTED:
            return "reference.unlisted", f"imports {known}: {known.why}"
        case Tier.GUARDED:
            return "reference.guarded", f"imports {known}, which is harmless only with the right arguments"
        case Tier.UNKNOWN:
            is_class = seems_class(known.name)
            rule, what = ("class.unknown", "a class of which") if is_class else ("reference.unknown", "of which")
            return rule, f"imports {known}, {what} nothing is known"
    return None


def _is_given_data(call: Called, known: Import) -> bool:
    """Whether a class gets what pickles give to enumerations, exceptions, containers and whatever has a `__reduce__`.

    That is data, names, and results that were judged when they were made; and neither is the class one whose instances
    do what they are told, nor is what it gets code.
    """
    if _ACTS.fullmatch(known.name.rpartition(".")[2]) or not isinstance(call.arguments, tuple):
        return False
    if any(isinstance(item, str | bytes) and _seems_code(item) for item in call.arguments):
        return False
    return all(_may_be_held(part) for part in loose_parts(call.arguments))


def _may_be_held(part: Symbol) -> bool:
    symbol = part.callable if isinstance(part, Called) else part
    if not isinstance(symbol, Global):
        return False
    known = known_of(symbol)
    if known.tier is Tier.GUARDED:
        return isinstance(part, Called) or known.permits(Use.REFERENCE)
    return known.tier in (Tier.ALLOWED, Tier.UNKNOWN)


def _seems_code(text: str | bytes) -> bool:
    shown = text[:10_000].decode("latin-1") if isinstance(text, bytes) else text[:10_000]
    return _CODE.search(shown) is not None


def unbind(bound: Called, given: Symbol) -> Called | None:
    """The call that `partial(f, …)()` is, where pickles write it so to hand on keywords, as those below protocol 4 do:
    to a class's `__new__`, or to `operator.methodcaller`."""
    if given != () or str(bound.callable) != "functools.partial" or len(bound.states) != 1:
        return None
    match bound.arguments, bound.states[0]:
        case (function,), (same, tuple() as held, named, None) if function == same:
            pass
        case _:
            return None
    match function, held:
        case Called(Global(name="getattr"), (Global() as made, "__new__")), (first, *rest) if first == made:
            return Called(made, make_tuple(rest), named, "NEWOBJ_EX")
        case Global(module="operator" | "_operator", name="methodcaller"), _:
            return Called(function, held, named)
    return None


def nested_class(call: Called, known: Import) -> Global | None:
    """The class inside a class of which nothing is known, as protocols below 4 reach it: `getattr(Model, 'Layer')`."""
    match call.arguments:
        case (Global(module=module, name=name), str() as inner) if known.guard == "attribute" and seems_class(inner):
            found = Global(module, f"{name}.{inner}")
            return found if known_of(found).tier is Tier.UNKNOWN else None
    return None


def seems_class(name: str) -> bool:
    """Whether it is spelled as classes are: `Config`, `_Node`, `Model.Layer`."""
    return name.rpartition(".")[2].lstrip("_")[:1].isupper()


def _is_of_python(module: str) -> bool:
    """Whether it is Python's own, or stands for what is."""
    return is_standard(module) or module.partition(".")[0] in ("__builtin__", "six", "commands", "urllib2", "pip")


def is_standard(module: str) -> bool:
    """Whether it is one of Python's own modules."""
    return module.partition(".")[0] in sys.stdlib_module_names


def is_odd(name: str) -> bool:
    """Whether no file and no class can be called that: control characters and spaces, or nothing at all."""
    return not name or any(ord(character) <= 32 or ord(character) == 127 for character in name)


def _rest(known: Import) -> str:
    """What the name does: its sentence without the name."""
    first, _, rest = known.why.partition(" ")
    return rest if str(known).startswith(first) else known.why
