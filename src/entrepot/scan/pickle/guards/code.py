"""Guards of what builds functions and classes from their code: at least suspicious, and harmful by what it names."""

import re
from collections.abc import Iterator, Mapping

from entrepot.scan.imports import Harm, Use, look_up
from entrepot.scan.pickle.guards.judgement import (
    HONEST,
    Guard,
    Judgement,
    Ruling,
    arguments,
    called_as,
    harmful,
    is_plain,
    unusual,
    values,
)
from entrepot.scan.pickle.symbols import Called, Global, Items, Symbol

DEEP = 12
"""Levels of code inside code that are searched for names; honest closures have three."""
_BAD = re.compile(
    r"(?:exec|eval|system|popen|Popen|check_output|check_call|subprocess|socket|create_connection|urlopen|urlretrieve|"
    r"__import__|import_module|marshal|ctypes|CDLL|b64decode|spawn\w*|execv\w*|fork|pty|getoutput|startfile|os|posix|"
    r"__builtins__|__subclasses__|__globals__|builtins|runpy|run_path|shutil|rmtree|requests)"
)
_DATA_TYPES = {
    "NoneType", "EllipsisType", "NotImplementedType", "dict", "list", "tuple", "set", "frozenset", "int", "float",
    "str", "bytes", "bytearray", "bool", "complex", "object", "slice", "range", "type", "Ellipsis", "NotImplemented",
    "long", "unicode",
    "DictType", "ListType", "TupleType", "IntType", "FloatType", "StringType", "BytesType", "BooleanType",
    "SimpleNamespace", "MappingProxyType", "GenericAlias", "UnionType", "ObjectType", "TypeType", "ComplexType",
    "SliceType", "ArrayType", "ndarray", "LongType", "UnicodeType", "SetType", "FrozenSetType", "OrderedDict",
}  # fmt: skip
_CODE_TYPES = {"CodeType", "FunctionType", "LambdaType", "MethodType", "CellType", "ClassType", "GeneratorType"}
_PLAIN_MODULES = {
    "numpy", "torch", "pandas", "scipy", "sklearn", "math", "random", "json", "re", "time", "datetime", "collections",
    "functools", "itertools", "copy", "string", "typing", "logging", "warnings", "jax", "tensorflow", "torch.nn",
    "torch.nn.functional", "numpy.random", "scipy.special", "scipy.stats", "cmath", "statistics", "operator", "decimal",
}  # fmt: skip


def _names(symbol: Symbol, deep: int = DEEP) -> Iterator[str]:
    """Text in arguments of a code object: names it uses, and constants."""
    if isinstance(symbol, str):
        yield symbol
    elif deep and isinstance(symbol, tuple):
        for item in symbol[:2_000]:
            yield from _names(item, deep - 1)
    elif deep and isinstance(symbol, Items):
        for item in symbol.items[:2_000]:
            yield from _names(item, deep - 1)
    elif deep and isinstance(symbol, Called):
        yield from _names(symbol.arguments, deep - 1)


def _code(call: Called) -> Judgement:
    found = sorted({name for name in _names(call.arguments) if len(name) < 40 and _BAD.fullmatch(name)})
    if found:
        return harmful(f"builds code that uses {', '.join(found[:6])}")
    return unusual("builds a function or a class from its code")


def _dill_code(call: Called) -> Judgement:
    name = call.callable.name if isinstance(call.callable, Global) else ""
    match name, arguments(call):
        case "_create_array", (Global() as function, tuple() as given, *_):
            listed = look_up(function.module, function.name)
            if listed.guard in ("array-shell", "array-buffer"):
                from entrepot.scan.pickle.guards import judge

                return judge(Called(function, given), listed)
            return harmful("calls what is given as the maker of an array")
        case (("_import_module" | "_get_attr" | "_eval_repr" | "_create_filehandle" | "_setitems"), _):
            return harmful(
                f"gets at modules, attributes, files or evaluated text through dill's {name}", Harm.ATTRIBUTE
            )
        case "_create_type", (Global() as made, *rest) if all(is_plain(item) for item in rest):
            return HONEST if look_up(made.module, made.name).permits(Use.REDUCE) else _code(call)
        case "_create_namedtuple", (str(), _, *_):
            return unusual("makes a class while loading")
    return _code(call)


def _type_by_name(call: Called) -> Judgement:
    match arguments(call):
        case (str() as name,) if name in _DATA_TYPES:
            return HONEST
        case (str() as name,) if name in _CODE_TYPES:
            return Judgement(Ruling.HONEST, result=Global("types", name))  # what is made of it gets judged
    return harmful("asks for a type by a name that no data has", Harm.ATTRIBUTE)


def _dill_type(call: Called) -> Judgement:
    """A type from dill's own table; a call of what it gives is a call of a result, whatever it is."""
    match arguments(call):
        case (str() as name,) if name.isidentifier() and not name.startswith("_"):
            return HONEST
    return harmful("asks for a type by a name that no type has", Harm.ATTRIBUTE)


def _data(call: Called) -> Judgement:
    given = arguments(call) or ()
    is_data = all(is_plain(item) or isinstance(item, Items | tuple) for item in given)
    return HONEST if is_data else unusual("rebuilds something in a way that cloudpickle doesn't")


def _import(call: Called) -> Judgement:
    match arguments(call):
        case (str() as module,) if module in _PLAIN_MODULES:
            return unusual(f"imports {module} for a function that was pickled with its code", Harm.IMPORT)
    return harmful("imports a module by its name", Harm.IMPORT)


def _archive(call: Called) -> Judgement:
    """Keras' archive inside bytes, or inside a file in memory."""
    for item in arguments(call) or ():
        inner: tuple[Symbol, ...] = (item,)
        if isinstance(item, Called) and called_as(item, ("io", "BytesIO"), ("_io", "BytesIO")):
            inner = tuple(part for given in (item.arguments, *item.states[:1]) for part in values(given))
        data = tuple(part for part in inner if isinstance(part, bytes))
        if data:
            return Judgement(Ruling.HONEST, nested=data)
    return unusual("loads a Keras model from something that is computed")


GUARDS: Mapping[str, Guard] = {
    "code": _code,
    "dill-code": _dill_code,
    "dill-type": _dill_type,
    "cloudpickle-type": _type_by_name,
    "cloudpickle-code": _code,
    "cloudpickle-data": _data,
    "cloudpickle-import": _import,
    "keras-archive": _archive,
    "spacy-bytes": _code,
}
