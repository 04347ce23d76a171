"""Which rule does a call or a mention of a name fall under? By what is known of it, and by how it is used."""

import re
import sys

from entrepot.scan.imports import Harm, Import, Tier, look_up
from entrepot.scan.pickle.symbols import Called, Global

_RANKS = {Tier.ALLOWED: 0, Tier.UNKNOWN: 1, Tier.GUARDED: 2, Tier.UNLISTED: 3, Tier.DANGEROUS: 4}
_WORD = re.compile(r"[\w.+-]{0,40}")


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
        if seems_class(known.name) and (made or _is_a_word(call)):
            return "class.unknown", f"makes instances of {known}, a class of which nothing is known"
        if made or seems_class(known.name):
            return "call.unknown-class", does
        return "call.unknown", does
    if made and not is_standard(known.module) and seems_class(known.name):
        return "class.unlisted", does
    return "call.unlisted", does


def verdict_of_mention(known: Import) -> tuple[str, str] | None:
    """The rule and the message for a name that is imported and not called."""
    match known.tier:
        case Tier.DANGEROUS if known.harm is Harm.ATTRIBUTE and "." in known.name:
            return "name.dotted", f"imports {known}, and {known.why}"
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


def _is_a_word(call: Called) -> bool:
    """Whether it gets one number or one word, by which members of enumerations are found; or is an exception."""
    match call.arguments:
        case (int() | float(),) if call.opcode == "REDUCE":
            return True
        case (str() as word,) if call.opcode == "REDUCE":
            return _WORD.fullmatch(word) is not None
        case tuple() if call.opcode == "REDUCE" and isinstance(call.callable, Global):
            plain = all(item is None or isinstance(item, str | int | float) for item in call.arguments)
            return plain and call.callable.name.endswith(("Error", "Exception", "Warning"))
    return False


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
