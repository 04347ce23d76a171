"""What is known of the Python names that pickles mention? One TOML file per framework, read when it is first mentioned.

`look_up("collections", "OrderedDict")` answers for the exact pair: never for a prefix of it, and never by looking at
what is installed. A file's sections, each with a module's names as one string:

class             may be named, made by NEWOBJ and filled by BUILD: `__new__` and `__setstate__` only keep data
slotted           the same, and its state may hold attributes that are set one by one
reference         may be named, not called
call.<reason>     may be called with anything; the reason (see `REASONS`) says why that can't do harm
guard.<name>      may be called where the guard of that name agrees with the arguments
danger.<harm>     does harm; `*` stands for all names of a module and of the modules below
"""

import os
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache, lru_cache

from entrepot.domain.values import dataclass
from entrepot.scan.imports.dotted import is_nested_class, leads_away

_FOLDER = os.path.dirname(__file__)
STANDARD_LIBRARY = "standard_library"
"""The file that speaks for all of Python's own modules."""
OTHERS = "others"
"""The file for packages of which a few names are all that has to be said."""
SCRIPT_CLASSES = "__torch__"
"""Where TorchScript keeps the classes of an archive's own code; there is no Python module of that name."""


class Tier(StrEnum):
    """How well a name is known, and for what."""

    ALLOWED = "allowed"
    GUARDED = "guarded"
    """Its arguments decide: ask `entrepot.scan.pickle.guards.judge`. Where `uses` has no REFERENCE, a mention without
    a call is as bad as a wrong call."""
    DANGEROUS = "dangerous"
    UNLISTED = "unlisted"
    """Of the standard library or of a framework that is listed, but not in its list."""
    UNKNOWN = "unknown"
    """Of third parties that nothing is known of."""


class Use(StrEnum):
    """What a pickle can do with a name."""

    REFERENCE = "reference"
    REDUCE = "reduce"
    NEWOBJ = "newobj"
    BUILD = "build"
    SLOTS = "slots"
    """BUILD with a second dict, whose items are set by setattr and so reach properties."""


class Harm(StrEnum):
    """What comes of calling a dangerous name."""

    EXECUTION = "execution"
    PROCESS = "process"
    FILES = "files"
    NETWORK = "network"
    IMPORT = "import"
    ATTRIBUTE = "attribute"
    NATIVE = "native"
    TAMPER = "tamper"
    RESOURCES = "resources"


@dataclass(frozen=True, slots=True)
class Import:
    """What is known of one pair of module and name; `why` is a sentence for people."""

    module: str
    name: str
    tier: Tier
    uses: frozenset[Use] = frozenset()
    harm: Harm | None = None
    guard: str = ""
    why: str = ""

    def permits(self, use: Use) -> bool:
        """Whether honest pickles do this with it; for what is guarded, its arguments are still to be judged."""
        return use in self.uses

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


_DATA = frozenset({Use.REFERENCE, Use.NEWOBJ, Use.BUILD})
_CALL = frozenset({Use.REFERENCE, Use.REDUCE, Use.NEWOBJ})
_MAKE = frozenset({Use.REDUCE, Use.NEWOBJ, Use.BUILD})

REASONS: Mapping[str, tuple[str, frozenset[Use]]] = {
    "value": ("makes a value of numbers and text, and looks nothing up by name", _CALL),
    "container": ("holds what it is given; at most it compares and hashes it", _CALL | {Use.BUILD}),
    "attributes": ("keeps its arguments as attributes, and does nothing with them", _CALL | {Use.BUILD}),
    "enum": ("finds one of its own members", _CALL),
    "exception": ("is an exception that keeps its arguments, and is not raised", _CALL | {Use.BUILD}),
    "empty": ("makes an instance of one class, which is then filled with data", _CALL | {Use.BUILD}),
    "lookup": ("finds one of its own constants by name or number", _CALL),
    "compute": ("computes numbers and arrays from numbers and arrays", _CALL),
}
"""Why a callable can't do harm, whatever its arguments are, and what it may therefore be used for."""

HARMS: Mapping[Harm, str] = {
    Harm.EXECUTION: "runs code that its arguments hold or lead to",
    Harm.PROCESS: "starts or controls processes",
    Harm.FILES: "reads, writes or removes files",
    Harm.NETWORK: "talks to other machines",
    Harm.IMPORT: "imports modules, and importing runs them",
    Harm.ATTRIBUTE: "gets at objects by their names, past any list",
    Harm.NATIVE: "loads native code or reaches into memory",
    Harm.TAMPER: "changes or ends the program that loads it",
    Harm.RESOURCES: "uses up memory or time",
}


def look_up(module: str, name: str) -> Import:
    """What is known of that pair, as it is after Python 2's names were mapped."""
    if len(module) + len(name) > LONGEST:
        why = f"a name of {len(module) + len(name)} characters is none that a program has"
        return Import(module, name, Tier.DANGEROUS, harm=Harm.ATTRIBUTE, why=why)
    return _look_up(module, name)


LONGEST = 500
"""Characters of module and name together; the longest of an honest framework has 130."""


@lru_cache(maxsize=1 << 14)
def _look_up(module: str, name: str) -> Import:
    framework = _framework(module)
    known = _listed(framework, module, name) if framework else None
    return known or _by_rule(framework, module, name)


def is_standard(module: str) -> bool:
    """Whether it is one of Python's own modules, of any version."""
    return module.partition(".")[0] in _standard_modules()


def frameworks() -> list[str]:
    """The names of all files."""
    return sorted(_files())


def entries(framework: str) -> Iterator[Import]:
    """Everything that the file of that framework lists, but for names behind a `*`. Raises `FileNotFoundError`."""
    for module, texts in _modules(framework).items():
        for name in dict.fromkeys(name for _, text in texts for name in text.split()):
            if name != "*" and (known := _listed(framework, module, name)):
                yield known


@cache
def _files() -> frozenset[str]:
    return frozenset(name[:-5] for name in os.listdir(_FOLDER) if name.endswith(".toml"))


@cache
def _tables(framework: str) -> dict[str, object]:
    # Loaded here: most pickles mention nothing.
    import tomllib

    with open(os.path.join(_FOLDER, f"{framework}.toml"), "rb") as file:
        return tomllib.load(file)


def _framework(module: str) -> str:
    """The file that speaks for a module: the one with the longest name that leads to it."""
    parts = module.split(".", 3)[:3]
    for count in range(len(parts), 0, -1):
        name = ".".join(parts[:count])
        if name in _files() and name not in (STANDARD_LIBRARY, OTHERS):
            return name
    if parts[0] in _standard_modules():
        return STANDARD_LIBRARY
    return OTHERS if parts[0] in _other_packages() else ""


@cache
def _standard_modules() -> frozenset[str]:
    return frozenset(str(_tables(STANDARD_LIBRARY)["modules"]).split())


@cache
def _other_packages() -> frozenset[str]:
    return frozenset(module.split(".")[0] for module in _modules(OTHERS))


@cache
def _modules(framework: str) -> dict[str, list[tuple[str, str]]]:
    """For each module the sections that name it, with its names there; split only when the module is asked for."""
    modules: dict[str, list[tuple[str, str]]] = {}
    for section, table in _sections(_tables(framework)):
        for module, text in table.items():
            modules.setdefault(module, []).append((section, str(text)))
    return modules


@lru_cache(maxsize=1 << 10)
def _sections_by_name(framework: str, module: str) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for section, text in _modules(framework).get(module, ()):
        for name in text.split():
            names.setdefault(name, []).append(section)
    return names


def _listed(framework: str, module: str, name: str) -> Import | None:
    known: Import | None = None
    for section in _sections_by_name(framework, module).get(name, ()):
        known = _merge(known, _entry(module, name, section))
    return known


def _sections(tables: Mapping[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
    """Each section's name, as it stands in the brackets, with its modules."""
    for section, table in tables.items():
        if section in ("class", "slotted", "reference") and isinstance(table, dict):
            yield section, table
        elif isinstance(table, dict):
            for kind, names in table.items():
                yield f"{section}.{kind}", names


def _entry(module: str, name: str, section: str) -> Import:
    family, _, kind = section.partition(".")
    if family == "danger":
        return Import(module, name, Tier.DANGEROUS, harm=Harm(kind), why=f"{module}.{name} {HARMS[Harm(kind)]}")
    if family == "guard":
        return Import(module, name, Tier.GUARDED, _MAKE, guard=kind, why="its arguments decide")
    if family == "call":
        why, uses = REASONS[kind]
        return Import(module, name, Tier.ALLOWED, uses, why=why)
    if family == "reference":
        return Import(module, name, Tier.ALLOWED, frozenset({Use.REFERENCE}), why="is named, not called")
    slots = {Use.SLOTS} if family == "slotted" else frozenset()
    return Import(module, name, Tier.ALLOWED, _DATA | slots, why="is a class that is filled with data")


def _merge(old: Import | None, new: Import) -> Import:
    """A name in several sections may be used as any of them says; a guard stays one, danger outweighs everything."""
    if old is None:
        return new
    for tier in (Tier.DANGEROUS, Tier.GUARDED):
        for one in (old, new):
            if one.tier is tier:
                uses = old.uses | new.uses if tier is Tier.GUARDED else frozenset()
                return Import(new.module, new.name, tier, uses, one.harm, one.guard, one.why)
    return Import(new.module, new.name, Tier.ALLOWED, old.uses | new.uses, why=f"{old.why}; {new.why}")


def _by_rule(framework: str, module: str, name: str) -> Import:
    """What is to be said of a pair that no list has."""
    above = _above(framework, module) if framework else None
    if "." in name and not is_nested_class(name, _standard_modules()):
        return _way(module, name)
    if above is not None and above.harm is not None:
        why = f"{above.module} {HARMS[above.harm]}"
        return Import(module, name, Tier.DANGEROUS, harm=above.harm, why=why)
    if leads_away(name):
        return _way(module, name)
    if module.partition(".")[0] == SCRIPT_CLASSES:
        return Import(module, name, Tier.ALLOWED, _DATA, why="is a class of the archive's own TorchScript code")
    if framework in ("", OTHERS):
        return Import(module, name, Tier.UNKNOWN, why=f"nothing is known of {module}")
    return Import(module, name, Tier.UNLISTED, why=f"honest pickles are not known to mention {module}.{name}")


def _above(framework: str, module: str) -> Import | None:
    """The entry that stands for all of a module, or of one that it is in."""
    parts = module.split(".")
    for count in range(len(parts), 0, -1):
        if entry := _listed(framework, ".".join(parts[:count]), "*"):
            return entry
    return None


def _way(module: str, name: str) -> Import:
    why = f"{name} leads from {module} to something else by its attributes"
    return Import(module, name, Tier.DANGEROUS, harm=Harm.ATTRIBUTE, why=why)
