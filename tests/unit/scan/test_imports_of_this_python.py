"""Proof by looking: what the lists allow of Python and NumPy does, when it is unpickled, what they say it does.

Every class that is allowed is imported here, and each method that an unpickler would run of it is either the default,
or was read and stands below with what it does. The scanner itself never imports anything of this.
"""

import enum
import importlib
import inspect
import types
import warnings
from collections.abc import Iterator

import pytest

from entrepot.scan.imports import REASONS, Import, Tier, Use, entries

METHODS = (
    "__setstate__",
    "__del__",
    "__getattr__",
    "__getattribute__",
    "__setattr__",
    "__setitem__",
    "append",
    "extend",
)
"""What BUILD, SETITEMS, APPENDS and the end of an object run."""
ATTRIBUTES = ("__getattribute__", "__setattr__")
DEFAULTS = (object, dict, list, tuple, set, frozenset, str, bytes, bytearray, int, float, complex, BaseException, type)

READ = {
    "collections.UserDict.__setitem__": "sets an item of its dict, which is `data` among its attributes",
    "collections.UserList.append": "appends to its list, which is `data` among its attributes",
    "collections.UserList.extend": "extends that list",
    "collections.UserList.__setitem__": "sets an item of that list",
    "collections.ChainMap.__setitem__": "sets an item of its first mapping, which a pickle could have set itself",
    "collections.OrderedDict.__setitem__": "sets an item",
    "collections.deque.append": "appends",
    "collections.deque.extend": "appends each",
    "collections.deque.__setitem__": "sets an item",
    "collections.defaultdict.__setitem__": "sets an item",
    "uuid.UUID.__setstate__": "keeps the number and whether it is safe",
    "uuid.UUID.__setattr__": "refuses",
    "random.Random.__setstate__": "sets the state of the generator, from numbers",
    "io.BytesIO.__setstate__": "keeps content, position and attributes",
    "io.StringIO.__setstate__": "keeps content, position and attributes",
    "_io.BytesIO.__setstate__": "keeps content, position and attributes",
    "_io.StringIO.__setstate__": "keeps content, position and attributes",
    "_io._IOBase.__del__": "closes the memory it holds",
    "_io._TextIOBase.__del__": "closes the memory it holds",
    "inspect.Signature.__setstate__": "keeps the annotation",
    "inspect.Parameter.__setstate__": "keeps annotation and default",
    "datetime.tzinfo.__getattribute__": "the default of C types",
    "array.array.append": "appends a number",
    "array.array.extend": "appends numbers",
    "array.array.__setitem__": "sets a number",
    "builtins.reversed.__setstate__": "sets a position",
    "builtins.zip.__setstate__": "sets whether lengths must be equal",
    "itertools.chain.__setstate__": "keeps the iterators it is given",
    "itertools.cycle.__setstate__": "keeps items, and whether they were walked through",
    "itertools.islice.__setstate__": "sets a position",
    "itertools.zip_longest.__setstate__": "keeps the value to fill with",
    "itertools.accumulate.__setstate__": "keeps the total",
    "itertools.dropwhile.__setstate__": "sets whether it has begun",
    "itertools.takewhile.__setstate__": "sets whether it has ended",
    "itertools.product.__setstate__": "sets positions, inside of the bounds",
    "itertools.permutations.__setstate__": "sets positions, inside of the bounds",
    "itertools.combinations.__setstate__": "sets positions, inside of the bounds",
    "itertools.combinations_with_replacement.__setstate__": "sets positions, inside of the bounds",
    "xml.etree.ElementTree.Element.__setstate__": "keeps name, text, attributes and children, which are elements",
    "xml.etree.ElementTree.Element.__setitem__": "sets a child",
    "xml.etree.ElementTree.Element.append": "appends a child",
    "xml.etree.ElementTree.Element.extend": "appends children",
    "statistics.NormalDist.__setstate__": "keeps two numbers",
    "functools.partial.__setstate__": "keeps another function: guarded",
    "numpy.generic.__setstate__": "does nothing",
    "numpy.ma.core.mvoid.__setitem__": "sets items and mask",
    "numpy.polynomial._polybase.ABCPolyBase.__setstate__": "keeps attributes",
    "numpy.random.bit_generator.SeedSequence.__setstate__": "sets the state, from numbers",
    "numpy.rec.recarray.__setattr__": "sets an attribute or a field",
    "numpy.rec.recarray.__getattribute__": "gets an attribute or a field",
    "numpy.rec.record.__setattr__": "sets an attribute or a field",
    "numpy.rec.record.__getattribute__": "gets an attribute or a field",
    "numpy.dtype.__setstate__": "sets byte order, fields and sizes; a guard looks whether fields lie inside",
    "numpy.ndarray.__setstate__": "sets shape and content, whose size it checks",
    "numpy.ndarray.__setitem__": "sets items",
    "numpy.poly1d.__setitem__": "sets a coefficient",
    "numpy.ma.MaskedArray.__setstate__": "sets shape, content and mask",
    "numpy.ma.MaskedArray.__setitem__": "sets items and mask",
    "numpy.ma.MaskedArray.__setattr__": "sets the attribute, and the mask's shape with it",
    "numpy.ma.core.MaskedConstant.__setattr__": "refuses",
    "numpy.matrixlib.defmatrix.matrix.__setitem__": "sets items",
    "numpy.recarray.__setattr__": "sets an attribute or a field",
    "numpy.recarray.__getattribute__": "gets an attribute or a field",
    "numpy.record.__getattribute__": "gets an attribute or a field",
    "numpy.record.__setattr__": "sets an attribute or a field",
    "numpy.random.bit_generator.BitGenerator.__setstate__": "sets the state, from numbers and a seed sequence",
    "numpy.random.bit_generator.SeedSequence.__setstate_cython__": "sets the state, from numbers",
    "numpy.random._generator.Generator.__setstate__": "keeps the bit generator",
    "numpy.random.mtrand.RandomState.__setstate__": "sets the state, from numbers",
}
"""Methods that are no default, by the class that has them, and what each does."""

FRAMEWORKS = ("standard_library", "numpy")


def _allowed(framework: str, use: Use) -> Iterator[tuple[Import, object]]:
    """What is listed for that use and exists in this version."""
    for known in entries(framework):
        if known.tier in (Tier.ALLOWED, Tier.GUARDED) and known.permits(use):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    found: object = importlib.import_module(known.module)
                    for part in known.name.split("."):
                        found = getattr(found, part)
            except (ImportError, AttributeError):
                continue  # of another version
            yield known, found


@pytest.mark.parametrize(("framework", "least"), [("standard_library", 250), ("numpy", 250)])
def test_most_of_the_list_is_there_in_this_version(framework: str, least: int) -> None:
    assert sum(1 for _ in _allowed(framework, Use.REFERENCE)) >= least


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_what_is_listed_as_a_class_is_one(framework: str) -> None:
    for known, found in _allowed(framework, Use.BUILD):
        if known.tier is Tier.ALLOWED:
            assert inspect.isclass(found), known


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_what_unpickling_runs_of_an_allowed_class_is_a_default_or_was_read(framework: str) -> None:
    unread = set()
    for _, found in _allowed(framework, Use.BUILD):
        if not inspect.isclass(found):
            continue
        for method in METHODS:
            owner = next((one for one in found.__mro__ if method in vars(one)), None)
            if owner is None or owner in DEFAULTS or vars(owner)[method] is None:
                continue
            if method in ATTRIBUTES and isinstance(vars(owner)[method], types.WrapperDescriptorType):
                continue  # C's own way to attributes
            unread.add(f"{owner.__module__}.{owner.__qualname__}.{method}")
    assert unread <= set(READ), sorted(unread - set(READ))


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_enums_are_enums_and_find_members_in_no_way_of_their_own(framework: str) -> None:
    for known, found in _allowed(framework, Use.REDUCE):
        if REASONS["enum"][0] in known.why:
            assert inspect.isclass(found) and issubclass(found, enum.Enum), known
            assert found._missing_.__func__.__module__ == "enum" or found.__module__ in ("http", "uuid", "signal"), (
                known
            )


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_exceptions_are_exceptions_and_are_no_more_than_data(framework: str) -> None:
    for known, found in _allowed(framework, Use.REDUCE):
        if REASONS["exception"][0] in known.why:
            assert inspect.isclass(found) and issubclass(found, BaseException), known
            assert "__del__" not in dir(found) and "__setitem__" not in dir(found), known


SOURCE_READ = {
    ("argparse", "Namespace"): "sets its keyword arguments as attributes",
    ("contextlib", "nullcontext"): "keeps one attribute",
    ("inspect", "Signature"): "keeps parameters, after it looked at their kinds",
    ("inspect", "Parameter"): "keeps name, kind, default and annotation",
    ("uuid", "UUID"): "parses text or numbers",
    ("collections", "UserDict"): "updates its dict",
    ("collections", "UserString"): "makes text of its argument",
    ("collections", "ChainMap"): "keeps mappings",
    ("random", "Random"): "seeds a generator with a hash",
    ("random", "SystemRandom"): "does nothing with its seed",
    ("ipaddress", "IPv4Address"): "parses text or a number",
    ("ipaddress", "IPv6Address"): "parses text or a number",
    ("ipaddress", "IPv4Network"): "parses text or numbers",
    ("ipaddress", "IPv6Network"): "parses text or numbers",
    ("ipaddress", "IPv4Interface"): "parses text or numbers",
    ("ipaddress", "IPv6Interface"): "parses text or numbers",
    ("pathlib", "PurePath"): "joins text; the file system isn't asked",
    ("pathlib", "PurePosixPath"): "joins text; the file system isn't asked",
    ("pathlib", "PureWindowsPath"): "joins text; the file system isn't asked",
    ("pathlib", "Path"): "joins text; the file system isn't asked",
    ("pathlib", "PosixPath"): "joins text; the file system isn't asked",
    ("pathlib", "WindowsPath"): "refuses on other systems; joins text",
    ("os", "uname_result"): "a tuple",
    ("_pydatetime", "date"): "numbers",
    ("_pydecimal", "Decimal"): "parses text",
    ("json", "JSONDecodeError"): "counts lines of the text it is given",
    ("json.decoder", "JSONDecodeError"): "counts lines of the text it is given",
    ("subprocess", "CalledProcessError"): "keeps attributes",
    ("subprocess", "TimeoutExpired"): "keeps attributes",
    ("numpy.ma.core", "MaskedConstant"): "gives the one there is",
}
"""Callables of Python's that are written in Python: what their constructors do, read by a person."""


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_constructor_that_is_written_in_python_was_read(framework: str) -> None:
    for known, found in _allowed(framework, Use.REDUCE):
        if known.tier is not Tier.ALLOWED or REASONS["enum"][0] in known.why or not inspect.isclass(found):
            continue
        for method in ("__init__", "__new__"):
            function = getattr(found, method)
            if inspect.isfunction(function) and not function.__qualname__.startswith("Enum"):
                is_tuple = issubclass(found, tuple)
                assert (known.module, known.name) in SOURCE_READ or is_tuple, f"{known}.{method}"


FUNCTIONS_READ = {("numpy._core._internal", "_convert_to_stringdtype_kwargs"): "hands two options on to a type of text"}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_function_that_may_be_called_is_built_in(framework: str) -> None:
    for known, found in _allowed(framework, Use.REDUCE):
        if known.tier is Tier.ALLOWED and not inspect.isclass(found):
            assert inspect.isbuiltin(found) or (known.module, known.name) in FUNCTIONS_READ, known
