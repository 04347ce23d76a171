"""Callables that a configuration names: Hydra's `_target_`, Lightning's `class_path`, jsonpickle's `py/…`."""

from collections.abc import Iterator, Mapping

from entrepot.domain.report import Finding
from entrepot.scan.configs import Entry
from entrepot.scan.imports import Harm, Import, Tier, is_standard, look_up
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found

MAX_ARGUMENTS = 200
_KEYS = ("_target_", "class_path", "_component_", "target", "__target__", "_partial_target_")
# Of these only what is known to do harm is told: they stand for much else.
_HINTS = (
    "callable", "()", "class", "func", "function", "fn", "factory", "type", "_call_", "constructor", "callback", "hook",
    "loader", "handler", "entry_point", "import_path", "collate_fn", "preprocess_fn", "postprocess_fn", "custom_module",
    "implementation",
)  # fmt: skip
_BARE = frozenset("exec eval compile open __import__ getattr setattr input breakpoint execfile".split())
"""Built-in functions, which readers find without a module's name."""
_ATTRIBUTES = frozenset(
    "builtins.getattr builtins.setattr builtins.delattr builtins.vars builtins.globals builtins.locals "
    "operator.methodcaller operator.attrgetter".split()
)
_HONEST = frozenset("torch.compile torch.jit.script torch.jit.load functools.partial".split())
_RUNNING = (Harm.EXECUTION, Harm.PROCESS, Harm.IMPORT, Harm.NATIVE)
_DOTTED = Pattern(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*){1,15}")
# What makes an object from a file or an address that the configuration names as well.
_LOADERS = frozenset(
    "from_pretrained restore_from load_from_checkpoint load_model load from_config_file from_file open fromfile "
    "load_state_dict_from_url register_save_restore".split()
)
_INDIRECT = frozenset(
    ("hydra.utils.get_method", "hydra.utils.get_class", "hydra.utils.get_object", "hydra.utils.get_static_method")
)
_ELSEWHERE = Pattern(r"(?i)^(?:[a-z][a-z0-9+.-]*://|//|\\\\|/|~|[a-z]:[\\/])|\.\.[/\\]")
_PICKLED = {
    "py/reduce": "critical",
    "py/function": "named",
    "py/type": "named",
    "py/object": "named",
    "py/repr": "critical",
    "py/newargsex": "data",
}


def callables(entry: Entry) -> Iterator[Finding]:
    """Findings of an entry that names something to call."""
    for key in _KEYS:
        named = entry.mapping.get(key)
        if (
            isinstance(named, str)
            and _DOTTED.fullmatch(named)
            and (key != "target" or named.count(".") > 1 or is_harmful(named))
            and not _is_operator(named, entry.mapping)
        ):
            yield from _target(named, key, entry)
        elif isinstance(named, str) and named in _BARE and key != "target":
            message = f"{named} is called when the configuration is used"
            yield found("config.target-dangerous", message, evidence=f"{entry.below(key)}: {named}")
    for key in _HINTS:
        named = entry.mapping.get(key)
        if isinstance(named, str) and _DOTTED.fullmatch(named) and is_harmful(named):
            message = f"{named} is called when the configuration is used: {known(named).why}"
            yield found("config.target-dangerous", message, evidence=f"{entry.below(key)}: {named}")
    for key, value in entry.mapping.items():
        if isinstance(key, str) and key.startswith("py/"):
            yield from _unpickled(key, value, entry)


def _is_operator(named: str, mapping: Mapping[str, object]) -> bool:
    """Whether it is a node of a torch.export graph, which has a format of its own."""
    return named.startswith("torch.ops.") and named.count(".") > 2 and {"inputs", "outputs", "metadata"} <= set(mapping)


def known(dotted: str) -> Import:
    """What is known of a dotted name, wherever its module ends: the dangerous reading, or else the first known one."""
    parts = dotted.split(".")
    readings = [look_up(".".join(parts[:at]), ".".join(parts[at:])) for at in range(len(parts) - 1, 0, -1)]
    plain = [reading for reading in readings if reading.tier is not Tier.DANGEROUS or not _is_method(reading)]
    dangerous = [reading for reading in plain if reading.tier is Tier.DANGEROUS]
    return next((reading for reading in (*dangerous, *plain) if reading.tier is not Tier.UNKNOWN), plain[0])


def _is_method(reading: Import) -> bool:
    """Whether a name is called dangerous only for its dots: `Class.method`, as configurations write methods."""
    return "." in reading.name and look_up(reading.module, reading.name.split(".")[0]).tier is not Tier.DANGEROUS


def is_harmful(named: str) -> bool:
    """Whether calling what has that dotted name runs code or programs."""
    what = known(named)
    return what.tier is Tier.DANGEROUS and what.harm in _RUNNING


def is_dangerous(what: Import) -> bool:
    """Whether calling it does harm; what only sets how a framework computes is called by honest configurations."""
    dotted = f"{what.module}.{what.name}"
    is_setting = what.harm in (Harm.TAMPER, Harm.RESOURCES) and what.module.partition(".")[0] not in (
        "os",
        "sys",
        "signal",
    )
    return what.tier is Tier.DANGEROUS and dotted not in _HONEST and not is_setting


def _target(named: str, key: str, entry: Entry) -> Iterator[Finding]:
    what = known(named)
    shown = f"{entry.below(key)}: {named}({_arguments(entry.mapping)})"
    method = named.rpartition(".")[2]
    if method in _LOADERS and (elsewhere := _leads_elsewhere(entry.mapping)):
        message = f"{named} is told to load {elsewhere}"
        yield found("config.target-loads", message, evidence=shown)
    elif named in _INDIRECT:
        path = entry.mapping.get("path")
        if isinstance(path, str) and _DOTTED.fullmatch(path) and known(path).tier in (Tier.ALLOWED, Tier.UNKNOWN):
            return
        yield found("config.target-dangerous", f"{named} gets whatever it is told: {path!r}", evidence=shown)
    elif is_dangerous(what) or named in _ATTRIBUTES or (what.tier is Tier.UNLISTED and is_standard(what.module)):
        yield found(
            "config.target-dangerous", f"{named} is called when the configuration is used: {what.why}", evidence=shown
        )
    elif what.tier is Tier.UNKNOWN:
        yield found("config.target-unknown", f"{named} is called when the configuration is used", evidence=shown)


def _arguments(mapping: Mapping[str, object]) -> str:
    given = [f"{key}={value!r}"[:120] for key, value in mapping.items() if key not in _KEYS]
    return ", ".join(given[:8])


def _leads_elsewhere(mapping: Mapping[str, object]) -> str | None:
    """The first argument that is an address, an absolute path or leads out of the folder."""
    waiting: list[object] = [value for key, value in mapping.items() if key not in _KEYS]
    for count, value in enumerate(waiting):
        if count > MAX_ARGUMENTS:
            break
        if isinstance(value, str) and _ELSEWHERE.search(value):
            return value
        if isinstance(value, list):
            waiting += value[:50]
    return None


def _unpickled(key: str, value: object, entry: Entry) -> Iterator[Finding]:
    shown = f"{entry.below(key)}: {value!r}"[:500]
    kind = _PICKLED.get(key)
    if kind == "critical":
        yield found("config.jsonpickle-call", f"jsonpickle calls what stands in {key}", evidence=shown)
    elif kind == "named" and isinstance(value, str):
        tier = known(value).tier if _DOTTED.fullmatch(value) else Tier.UNKNOWN
        if tier is Tier.DANGEROUS or tier is Tier.UNLISTED:
            yield found("config.jsonpickle-call", f"jsonpickle makes or finds {value}", evidence=shown)
        elif tier is Tier.UNKNOWN:
            yield found("config.jsonpickle-object", f"jsonpickle imports and makes {value}", evidence=shown)
