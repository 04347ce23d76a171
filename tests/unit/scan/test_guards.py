"""What the guards say of calls and states: the honest ones of frameworks, and their nearest dangerous relatives."""

import pytest

from entrepot.scan.imports import Harm, Tier, Use, entries, frameworks, look_up
from entrepot.scan.pickle.guards import Judgement, Ruling, guards, judge, judge_state
from entrepot.scan.pickle.symbols import Called, Global, Items, Persistent, Symbol, Unknown

HONEST, UNUSUAL, HARMFUL = Ruling.HONEST, Ruling.UNUSUAL, Ruling.HARMFUL


def g(path: str) -> Global:
    module, _, name = path.rpartition(".")
    if module.rpartition(".")[2] in ("ZoneInfo", "KerasSaveable"):
        module, _, name = path.rpartition(".")[0].rpartition(".")[0], "", ".".join(path.split(".")[-2:])
    return Global(module, name)


def call(path: str, *arguments: Symbol, opcode: str = "REDUCE", keywords: Symbol = None) -> Called:
    return Called(g(path), arguments, keywords, opcode)


def told(made: Called) -> Judgement:
    assert isinstance(made.callable, Global)
    return judge(made, look_up(made.callable.module, made.callable.name))


def filled(made: Called, state: Symbol) -> Judgement:
    assert isinstance(made.callable, Global)
    return judge_state(made, state, look_up(made.callable.module, made.callable.name))


def mapping(**items: Symbol) -> Items:
    return Items("dict", [part for pair in items.items() for part in pair])


SYSTEM = g("os.system")
NO_HOOKS = call("collections.OrderedDict")
STORAGE = Persistent(("storage", g("torch.FloatStorage"), "0", "cpu", 6))
DTYPE = call("numpy.dtype", "f8", False, True)
RECONSTRUCT, NDARRAY = "numpy._core.multiarray._reconstruct", g("numpy.ndarray")
ARRAY = call(RECONSTRUCT, NDARRAY, (0,), b"b")
REBUILD = "torch._utils._rebuild_tensor_v2"
TENSOR = call(REBUILD, STORAGE, 0, (2, 3), (3, 1), False, NO_HOOKS)
CONSTRUCTOR = "numpy.random._pickle.__bit_generator_ctor"
EMPTY_CODE = (0, 0, 0, 1, 1, 67, b"", (None,), ("x",), ("y",), "f", "f", "f", 1, b"", b"", (), ())
CODE = call("types.CodeType", *EMPTY_CODE)
LIST = Items("list", [1, 2])

CASES: dict[str, list[tuple[Called, Ruling]]] = {
    "attribute": [
        (call("builtins.getattr", g("builtins.str"), "lower"), HONEST),
        (call("builtins.getattr", g("torch._C._VariableFunctionsClass"), "relu"), HONEST),
        (call("builtins.getattr", g("zoneinfo.ZoneInfo"), "_unpickle"), HONEST),
        (call("builtins.getattr", g("transformers.trainer_utils.HubStrategy"), "END"), HONEST),
        (call("builtins.getattr", g("project.Color"), "RED"), HONEST),
        (call("builtins.getattr", call("sklearn.svm._classes.SVC", opcode="NEWOBJ"), "predict"), HONEST),
        (call("builtins.getattr", call("pathlib.PosixPath", "x"), "unlink"), UNUSUAL),
        (call("builtins.getattr", call("pandas.DataFrame", opcode="NEWOBJ"), "query"), UNUSUAL),
        (call("builtins.getattr", g("builtins.str"), "__class__"), HARMFUL),
        (call("builtins.getattr", g("os.path"), "join"), HARMFUL),
        (call("builtins.getattr", g("numpy.random"), "os"), HARMFUL),
        (call("builtins.getattr", g("collections.OrderedDict"), Unknown()), HARMFUL),
        (call("builtins.getattr", LIST, "append"), HONEST),
        (call("builtins.getattr", "a", "join"), HONEST),
        (call("builtins.getattr", g("project.Model"), "__new__"), HONEST),
        (call("builtins.getattr", g("project.Model"), "from_config"), HONEST),
        (call("builtins.getattr", LIST, "__class__"), HARMFUL),
        (call("builtins.getattr", g("subprocess.Popen"), "__new__"), HARMFUL),
        (call("builtins.getattr", call("os.popen", "id"), "read"), HARMFUL),
    ],
    "partial": [
        (call("functools.partial", g("torch.nn.functional.relu")), HONEST),
        (call("functools.partial", g("torch.nn.modules.normalization.LayerNorm")), HONEST),
        (call("functools.partial", g("project.thing")), HONEST),
        (call("functools.partial", call("operator.attrgetter", "name")), HONEST),
        (call("functools.partial", SYSTEM), HARMFUL),
        (call("functools.partial", g("builtins.getattr")), HARMFUL),
        (call("functools.partial", CODE), UNUSUAL),
    ],
    "getter": [
        (call("operator.attrgetter", "name", "stats.mean"), HONEST),
        (call("operator.attrgetter", "system"), HARMFUL),
        (call("operator.attrgetter", "__class__"), HARMFUL),
        (call("operator.attrgetter", "sys.modules"), HARMFUL),
        (call("operator.attrgetter", "f_back.f_globals"), HARMFUL),
        (call("operator.attrgetter", Unknown()), HARMFUL),
    ],
    "caller": [
        (call("operator.methodcaller", "split", ","), HONEST),
        (call("operator.methodcaller", "system", "id"), HARMFUL),
        (call("operator.methodcaller", "__reduce__"), HARMFUL),
        (call("operator.methodcaller", "split", SYSTEM), HARMFUL),
    ],
    "lazy": [
        (call("builtins.map", Global("builtins", "str.lower"), call("builtins.iter", LIST)), HONEST),
        (call("builtins.map", SYSTEM, call("builtins.iter", LIST)), HARMFUL),
        (call("builtins.map", g("project.thing"), LIST), HARMFUL),
        (call("builtins.map", call("operator.attrgetter", "name"), LIST), HARMFUL),
        (call("builtins.filter", g("builtins.getattr"), LIST), HARMFUL),
    ],
    "combined": [
        (call("itertools.product", (1, 2), (3, 4)), HONEST),
        (call("itertools.permutations", tuple(range(30)), 30), HARMFUL),
        (call("itertools.product", *[(1, 2, 3)] * 40), HARMFUL),
    ],
    "reduced": [
        (call("functools.reduce", g("operator.or_"), (g("builtins.int"), g("types.NoneType"))), HONEST),
        (call("functools.reduce", SYSTEM, ("id", "id")), HARMFUL),
        (call("functools.reduce", g("builtins.getattr"), (g("builtins.str"), "__class__")), HARMFUL),
    ],
    "reconstructor": [
        (call("copyreg._reconstructor", g("sklearn.svm._classes.SVC"), g("builtins.object"), None), HONEST),
        (call("copyreg._reconstructor", g("project.Net"), g("builtins.dict"), Items("dict")), HONEST),
        (call("copyreg._reconstructor", g("subprocess.Popen"), g("builtins.object"), None), HARMFUL),
        (call("copyreg._reconstructor", g("project.Net"), g("project.Base"), None), HARMFUL),
        (call("copyreg._reconstructor", g("project.Net"), g("builtins.object"), SYSTEM), UNUSUAL),
    ],
    "newobj": [
        (call("copyreg.__newobj__", g("sklearn.svm._classes.SVC")), HONEST),
        (call("copyreg.__newobj__", g("numpy.memmap"), "/etc/passwd"), HARMFUL),
        (call("copyreg.__newobj__", g("functools.partial"), SYSTEM), HARMFUL),
        (call("copyreg.__newobj_ex__", g("project.Net"), (), Items("dict")), HONEST),
    ],
    "new-object": [
        (call("sklearn.neighbors._kd_tree.newObj", g("sklearn.neighbors._kd_tree.KDTree")), HONEST),
        (call("sklearn.neighbors._kd_tree.newObj", g("project.Thing")), HARMFUL),
    ],
    "cython": [
        (call("pandas._libs.arrays.__pyx_unpickle_NDArrayBacked", g("pandas.arrays.DatetimeArray"), 1, None), HONEST),
        (call("pandas._libs.arrays.__pyx_unpickle_NDArrayBacked", SYSTEM, 1, None), UNUSUAL),
    ],
    "method": [
        (call("types.MethodType", g("torch.nn.functional.relu"), LIST), HONEST),
        (call("types.MethodType", g("builtins.exec"), "x"), HARMFUL),
    ],
    "distribution": [
        (call("scipy.stats._continuous_distns.norm_gen", opcode="NEWOBJ"), HONEST),
        (call("scipy.stats._continuous_distns.norm_gen", 1, 2), UNUSUAL),
    ],
    "formula-data": [
        (call("statsmodels.base.data.ModelData", opcode="NEWOBJ"), HONEST),
        (call("statsmodels.base.data.ModelData", LIST), UNUSUAL),
    ],
    "joblib-file": [
        (call("joblib.numpy_pickle_compat.NDArrayWrapper", opcode="NEWOBJ"), HONEST),
        (call("joblib.numpy_pickle_compat.NDArrayWrapper", "a"), UNUSUAL),
    ],
    "registered": [
        (call("networkx.utils.backends._restore_dispatchable", "pagerank"), HONEST),
        (call("networkx.utils.backends._restore_dispatchable", LIST), UNUSUAL),
    ],
    "encode": [
        (call("_codecs.encode", "\xff", "latin1"), HONEST),
        (call("_codecs.encode", "cbf.flfgrz", "rot13"), UNUSUAL),
        (call("_codecs.encode", SYSTEM, "latin1"), UNUSUAL),
    ],
    "decode": [
        (call("_codecs.decode", b"x", "latin1"), HONEST),
        (call("_codecs.decode", b"x", "zlib"), UNUSUAL),
    ],
    "number": [(call("builtins.int", "7"), HONEST), (call("builtins.int", "9" * 100_000), HARMFUL)],
    "fraction": [
        (call("fractions.Fraction", "1/3"), HONEST),
        (call("fractions.Fraction", 1, 3), HONEST),
        (call("fractions.Fraction", "1e999999999"), HARMFUL),
    ],
    "text": [(call("builtins.str", b"x", "utf-8"), HONEST), (call("builtins.str", call("project.Net")), UNUSUAL)],
    "buffer": [
        (call("builtins.bytearray", b"x"), HONEST),
        (call("builtins.bytes", LIST), HONEST),
        (call("builtins.bytearray", 10**12), HARMFUL),
        (call("builtins.bytes", call("builtins.range", 10**12)), HARMFUL),
    ],
    "file-in-memory": [(call("io.BytesIO", b"x"), HONEST), (call("io.BytesIO", SYSTEM), UNUSUAL)],
    "pattern": [(call("re._compile", "a+", 32), HONEST), (call("re.compile", LIST, 0), UNUSUAL)],
    "pattern-code": [
        (call("_regex.compile", "a", 0, LIST, Items("dict"), Items("dict"), LIST, 0, None, None, 0, 0), HONEST),
        (call("_regex.compile", "a"), UNUSUAL),
    ],
    "zone": [
        (call("zoneinfo.ZoneInfo._unpickle", "Europe/Berlin", 1), HONEST),
        (call("zoneinfo.ZoneInfo", "../../etc/passwd"), HARMFUL),
    ],
    "zone-name": [(call("pytz._p", "Europe/Berlin", 3180, 0, "LMT"), HONEST), (call("pytz._p", "../x"), UNUSUAL)],
    "tz-file": [
        (call("dateutil.tz.tz.tzfile", None, "UTC"), HONEST),
        (call("dateutil.tz.tz.tzfile", "/etc/passwd"), HARMFUL),
    ],
    "tz-data": [
        (call("dateutil.tz._tzfile._unpickle", g("dateutil.tz._tzfile.tzfile"), "UTC", None, b"TZif"), HONEST),
        (call("dateutil.tz._tzfile._unpickle", SYSTEM, "UTC", None, b"TZif"), UNUSUAL),
    ],
    "logger": [(call("logging.getLogger", "a.b"), HONEST), (call("logging.getLogger", LIST), UNUSUAL)],
    "array": [
        (call("array._array_reconstructor", g("array.array"), "d", 16, b"x"), HONEST),
        (call("array.array", "d", LIST), HONEST),
        (call("array._array_reconstructor", g("project.Thing"), "d", 16, b"x"), UNUSUAL),
    ],
    "collection": [
        (call("builtins.set", LIST), HONEST),
        (call("collections.deque", LIST, 10), HONEST),
        (call("collections.Counter", Items("dict")), HONEST),
        (call("builtins.list", call("builtins.range", 10**12)), HARMFUL),
        (call("builtins.list", call("itertools.repeat", 1)), HARMFUL),
        (call("builtins.tuple", call("project.walk")), UNUSUAL),
    ],
    "factory": [
        (call("collections.defaultdict", g("builtins.list")), HONEST),
        (call("collections.defaultdict", None), HONEST),
        (call("collections.defaultdict", g("collections.OrderedDict"), Items("dict")), HONEST),
        (call("collections.defaultdict", g("project.make")), HONEST),
        (call("collections.defaultdict", SYSTEM), HARMFUL),
        (call("collections.defaultdict", g("builtins.breakpoint")), HARMFUL),
    ],
    "iterator": [(call("builtins.iter", LIST), HONEST), (call("builtins.iter", g("builtins.print"), 1), HARMFUL)],
    "type": [
        (call("builtins.type", None), HONEST),
        (call("builtins.type", "X", (), Items("dict")), UNUSUAL),
        (call("builtins.type", "X", (), Items("dict", ["__del__", SYSTEM], plain=False)), HARMFUL),
        (call("builtins.type", LIST), UNUSUAL),
    ],
    "items": [(call("operator.itemgetter", 1, "a"), HONEST), (call("operator.itemgetter", SYSTEM), UNUSUAL)],
    "subscript": [
        (call("operator.getitem", g("typing.Union"), (g("builtins.int"), g("builtins.str"))), HONEST),
        (call("operator.getitem", g("typing.Optional"), "__import__('os')"), UNUSUAL),
        (call("operator.getitem", g("project.Model"), g("builtins.int")), HONEST),
        (call("operator.getitem", g("project.Model"), "name"), HARMFUL),
        (call("operator.getitem", g("project.MODELS"), g("builtins.int")), HARMFUL),
        (call("operator.getitem", g("sys.modules"), "os"), HARMFUL),
    ],
    "union": [
        (call("operator.or_", g("builtins.int"), g("builtins.str")), HONEST),
        (call("operator.or_", call("project.f"), 1), UNUSUAL),
    ],
    "array-shell": [
        (ARRAY, HONEST),
        (call(RECONSTRUCT, g("numpy.memmap"), (0,), b"b"), HONEST),
        (call(RECONSTRUCT, NDARRAY, (10**12,), b"b"), HARMFUL),
        (call(RECONSTRUCT, SYSTEM, (0,), b"b"), UNUSUAL),
    ],
    "array-new": [(call("numpy.ndarray", (2,)), HONEST), (call("numpy.ndarray", (10**6, 10**6)), HARMFUL)],
    "array-mapped": [(call("numpy.memmap", "weights.bin"), HARMFUL), (call("numpy.memmap", opcode="NEWOBJ"), HARMFUL)],
    "array-scalar": [
        (call("numpy._core.multiarray.scalar", DTYPE, b"12345678"), HONEST),
        (call("numpy._core.multiarray.scalar", LIST, b"1"), UNUSUAL),
    ],
    "array-dtype": [(DTYPE, HONEST), (call("numpy.dtype", SYSTEM), UNUSUAL)],
    "array-class": [
        (call("numpy._core._DType_reconstruct", g("numpy.float64")), HONEST),
        (call("numpy._core._DType_reconstruct", SYSTEM), UNUSUAL),
    ],
    "array-buffer": [
        (call("numpy._core.numeric._frombuffer", b"x", DTYPE, (1,), "C"), HONEST),
        (call("numpy._core.numeric._frombuffer", b"x", "f8", "C"), UNUSUAL),
    ],
    "array-masked": [
        (call("numpy.ma.core._mareconstruct", g("numpy.ma.MaskedArray"), NDARRAY, (0,), b"b"), HONEST),
        (call("numpy.ma.core._mareconstruct", g("numpy.ma.MaskedArray"), SYSTEM, (0,), b"b"), UNUSUAL),
    ],
    "array-function": [
        (call("numpy._core._ufunc_reconstruct", "numpy", "add"), HONEST),
        (call("numpy._core._ufunc_reconstruct", "os", "system"), HARMFUL),
    ],
    "array-text": [(call("numpy.str_", "x"), HONEST), (call("numpy.bytes_", 10**12), HARMFUL)],
    "random-bits": [
        (call(CONSTRUCTOR, "MT19937"), HONEST),
        (call(CONSTRUCTOR, g("numpy.random._pcg64.PCG64")), HONEST),
        (call(CONSTRUCTOR, g("project.Net")), HARMFUL),
    ],
    "random-generator": [
        (call("numpy.random._pickle.__generator_ctor", "PCG64", g(CONSTRUCTOR)), HONEST),
        (call("numpy.random._pickle.__generator_ctor", "PCG64", SYSTEM), HARMFUL),
        (call("numpy.random._pickle.__randomstate_ctor", "id", g(CONSTRUCTOR)), UNUSUAL),
    ],
    "pandas-index": [
        (call("pandas.core.indexes.base._new_Index", g("pandas.RangeIndex"), mapping(start=0, stop=2, step=1)), HONEST),
        (call("pandas.core.indexes.base._new_Index", g("tempfile.SpooledTemporaryFile"), mapping()), UNUSUAL),
    ],
    "pandas-time": [
        (call("pandas._libs.tslibs.timestamps._unpickle_timestamp", 1, None, None, 10), HONEST),
        (call("pandas.Timestamp", 1, "dateutil//etc/passwd"), UNUSUAL),
    ],
    "jax-array": [
        (call("jax._src.array._reconstruct_array", g(RECONSTRUCT), (NDARRAY, (0,), b"b"), (), mapping()), HONEST),
        (call("jax._src.array._reconstruct_array", SYSTEM, ("id",), (), mapping()), HARMFUL),
    ],
    "tensor": [
        (TENSOR, HONEST),
        (call(REBUILD, STORAGE, 0, (2, 300), (300, 1), False, NO_HOOKS), HARMFUL),
        (call(REBUILD, STORAGE, -1, (2, 3), (3, 1), False, NO_HOOKS), HARMFUL),
        (call(REBUILD, STORAGE, 0, (2, 3), (3, 1), False, call("collections.OrderedDict", LIST)), HARMFUL),
        (call(REBUILD, STORAGE, 0, (2, 3), (3, 1), False, Items("dict", [0, SYSTEM])), HARMFUL),
        (call(REBUILD, LIST, 0, (2, 3), (3, 1), False, NO_HOOKS), UNUSUAL),
    ],
    "tensor-quantized": [
        (call("torch._utils._rebuild_qtensor", STORAGE, 0, (2,), (1,), (), False, NO_HOOKS), HONEST),
        (call("torch._utils._rebuild_qtensor", STORAGE, 0, (9,), (1,), (), False, NO_HOOKS), HARMFUL),
    ],
    "tensor-parameter": [
        (call("torch._utils._rebuild_parameter", TENSOR, True, NO_HOOKS), HONEST),
        (call("torch._utils._rebuild_parameter", TENSOR, True, Items("dict", [0, SYSTEM])), HARMFUL),
    ],
    "tensor-sparse": [
        (call("torch._utils._rebuild_sparse_tensor", g("torch.sparse_coo"), (TENSOR, TENSOR, (2,))), HONEST),
        (call("torch._utils._rebuild_sparse_tensor"), UNUSUAL),
    ],
    "tensor-array": [
        (call("torch._utils._rebuild_device_tensor_from_numpy", ARRAY, g("torch.float32"), "cpu", False), HONEST),
        (call("torch._utils._rebuild_device_tensor_from_numpy", SYSTEM, None, "cpu", False), UNUSUAL),
    ],
    "tensor-subclass": [
        (call("torch._utils._rebuild_wrapper_subclass", g("torch.Tensor"), g("torch.float32"), (2,)), HONEST),
        (call("torch._utils._rebuild_wrapper_subclass", SYSTEM, g("torch.float32"), (2,)), UNUSUAL),
    ],
    "tensor-type": [
        (
            call(
                "torch._tensor._rebuild_from_type_v2",
                g(REBUILD),
                g("torch.nn.parameter.Parameter"),
                (STORAGE, 0, (2, 3), (3, 1), False, NO_HOOKS),
                mapping(),
            ),
            HONEST,
        ),
        (call("torch._tensor._rebuild_from_type_v2", SYSTEM, g("torch.Tensor"), ("id",), mapping()), HARMFUL),
        (call("torch._tensor._rebuild_from_type_v2", g("torch.load"), g("torch.Tensor"), ("x",), mapping()), HARMFUL),
    ],
    "torch-bytes": [
        (call("torch.storage._load_from_bytes", b"x"), HONEST),
        (call("torch.storage._load_from_bytes", call("project.f")), HARMFUL),
    ],
    "torch-new": [
        (call("torch.nn.parameter.Parameter", TENSOR), HONEST),
        (call("torch.nn.parameter.Parameter", SYSTEM), UNUSUAL),
    ],
    "code": [
        (CODE, UNUSUAL),
        (call("types.CodeType", 0, (("system", "os"),)), HARMFUL),
        (call("types.FunctionType", CODE, mapping()), UNUSUAL),
    ],
    "cloudpickle-code": [
        (call("cloudpickle.cloudpickle._make_function", CODE, mapping(), None, None, None), UNUSUAL),
        (call("cloudpickle.cloudpickle._make_function", call("types.CodeType", ("exec",)), None), HARMFUL),
    ],
    "cloudpickle-type": [
        (call("cloudpickle.cloudpickle._builtin_type", "CodeType"), HONEST),
        (call("cloudpickle.cloudpickle._builtin_type", "new_class"), HARMFUL),
    ],
    "cloudpickle-data": [
        (call("cloudpickle.cloudpickle._make_dict_keys", LIST), HONEST),
        (call("cloudpickle.cloudpickle._make_dict_keys", SYSTEM), UNUSUAL),
    ],
    "cloudpickle-import": [
        (call("cloudpickle.cloudpickle.subimport", "numpy"), UNUSUAL),
        (call("cloudpickle.cloudpickle.subimport", "os"), HARMFUL),
    ],
    "dill-type": [
        (call("dill._dill._load_type", "NoneType"), HONEST),
        (call("dill._dill._load_type", "__import__"), HARMFUL),
    ],
    "dill-code": [
        (call("dill._dill._create_array", g(RECONSTRUCT), (NDARRAY, (0,), b"b"), (1,), None), HONEST),
        (call("dill._dill._create_function", CODE, mapping()), UNUSUAL),
        (call("dill._dill._create_array", SYSTEM, ("id",), (1,), None), HARMFUL),
        (call("dill._dill._import_module", "os"), HARMFUL),
        (call("dill._dill._get_attr", LIST, "x"), HARMFUL),
    ],
    "keras-archive": [
        (call("keras.src.saving.keras_saveable.KerasSaveable._unpickle_model", call("_io.BytesIO", b"PK")), HONEST),
        (call("keras.src.saving.keras_saveable.KerasSaveable._unpickle_model", LIST), UNUSUAL),
    ],
    "spacy-bytes": [
        (call("spacy.tokens.doc.unpickle_doc", LIST), UNUSUAL),
        (call("spacy.tokens.doc.unpickle_doc", ("exec",)), HARMFUL),
    ],
}


@pytest.mark.parametrize(
    ("made", "ruling"),
    [
        pytest.param(*case, id=f"{guard}-{number}")
        for guard, cases in CASES.items()
        for number, case in enumerate(cases)
    ],
)
def test_a_call_is_judged_by_its_arguments(made: Called, ruling: Ruling) -> None:
    judged = told(made)
    assert judged.ruling is ruling, judged.why
    assert bool(judged.why) is (ruling is not HONEST)


def test_every_guard_has_a_good_and_a_bad_case() -> None:
    assert set(CASES) == set(guards())
    for guard, cases in CASES.items():
        rulings = {ruling for _, ruling in cases}
        assert rulings - {HONEST}, guard
        assert len(rulings) > 1 or guard == "array-mapped", guard


@pytest.mark.parametrize("guard", sorted(guards()))
@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (SYSTEM,),
        (SYSTEM, "id"),
        (SYSTEM, SYSTEM, ("id",), Items("dict")),
        (call("os.system", "id"), "x", 0, 0, 0, 0, 0),
        (CODE, CODE, CODE),
        Unknown(),
        Items("dict"),
    ],
    ids=str,
)
def test_no_guard_fails_and_none_agrees_to_what_it_can_not_read(guard: str, arguments: Symbol) -> None:
    judged = guards()[guard](Called(Global("any", "thing"), arguments))
    assert isinstance(judged, Judgement)
    if isinstance(arguments, tuple) and SYSTEM in arguments:
        assert judged.ruling is not HONEST or guard in ("array-scalar", "tensor-sparse", "file-in-memory"), guard


def test_what_a_call_gives_is_known_where_it_is_judged_further() -> None:
    assert told(call("_codecs.encode", "\xff", "latin1")).result == b"\xff"
    assert told(call("builtins.getattr", g("builtins.str"), "lower")).result == Global("builtins", "str.lower")
    assert told(call("numpy._core._ufunc_reconstruct", "numpy", "add")).result == g("numpy.add")
    assert told(call("cloudpickle.cloudpickle._builtin_type", "CodeType")).result == g("types.CodeType")
    assert told(call("torch.storage._load_from_bytes", b"inner")).nested == (b"inner",)


def test_what_no_list_permits_is_no_honest_call() -> None:
    assert told(call("torch.nn.functional.relu", 1)).ruling is UNUSUAL
    assert told(call("sklearn.svm._classes.SVC", 1)).ruling is UNUSUAL
    assert told(call("sklearn.svm._classes.SVC", opcode="OBJ")).ruling is HONEST
    assert told(call("collections.OrderedDict", opcode="NEWOBJ")).ruling is HONEST


ARGUMENTS = (
    "\ndef _parse_args(self, a, b, loc=0, scale=1):\n    return (a, b, ), loc, scale\n\n"
    "def _parse_args_rvs(self, a, b, loc=0, scale=1, size=None):\n"
    "    return self._argcheck_rvs(a, b, loc, scale, size=size)\n\n"
    "def _parse_args_stats(self, a, b, loc=0, scale=1, moments='mv'):\n    return (a, b, ), loc, scale, moments\n"
)
"""As SciPy writes it for a distribution with two shapes."""
NORM = call("scipy.stats._continuous_distns.norm_gen", opcode="NEWOBJ")
OLD_NORM = call("copyreg._reconstructor", NORM.callable, g("builtins.object"), None)
OLS = call("statsmodels.base.data.PandasData", opcode="NEWOBJ")
WRAPPER = call("joblib.numpy_pickle_compat.NDArrayWrapper", opcode="NEWOBJ")
PARTIAL = call("functools.partial", g("torch.nn.functional.relu"))


@pytest.mark.parametrize(
    ("made", "state", "ruling"),
    [
        (PARTIAL, (g("torch.nn.functional.relu"), (), Items("dict"), None), HONEST),
        (PARTIAL, (SYSTEM, ("id",), Items("dict"), None), HARMFUL),
        (PARTIAL, (g("builtins.getattr"), (), Items("dict"), None), HARMFUL),
        (PARTIAL, mapping(func=SYSTEM), UNUSUAL),
        (NORM, mapping(_parse_arg_template=ARGUMENTS), HONEST),
        (NORM, mapping(_parse_arg_template="import os; os.system('id')"), HARMFUL),
        (NORM, mapping(_parse_arg_template=ARGUMENTS + "import os\n"), HARMFUL),
        (NORM, mapping(_parse_arg_template=call("project.f")), HARMFUL),
        (NORM, (mapping(), mapping(_parse_arg_template="1/0")), HARMFUL),
        (NORM, mapping(_attach_methods=g("builtins.print")), HARMFUL),
        (OLD_NORM, mapping(_parse_arg_template="import os"), HARMFUL),
        (OLS, mapping(formula="y ~ x1 + np.log(x2) + C(group)"), HONEST),
        (OLS, mapping(formula="y ~ __import__('os').system('id')"), HARMFUL),
        (OLS, mapping(formula="y ~ x.__class__"), HARMFUL),
        (WRAPPER, mapping(filename="model.pkl_01.npy"), HONEST),
        (WRAPPER, mapping(filename="../../etc/passwd"), HARMFUL),
        (DTYPE, (3, "<", None, ("a",), mapping(a=(DTYPE, 0)), 8, 1, 16), HONEST),
        (DTYPE, (3, "<", None, ("a",), mapping(a=(DTYPE, 4096)), 8, 1, 16), HARMFUL),
        (call("sklearn.svm._classes.SVC", opcode="NEWOBJ"), mapping(C=1.0), HONEST),
        (call("sklearn.svm._classes.SVC", opcode="NEWOBJ"), mapping(__deepcopy__=g("builtins.print")), HARMFUL),
        (call("sklearn.svm._classes.SVC", opcode="NEWOBJ"), (None, mapping(__class__=g("project.Net"))), HARMFUL),
        (call("argparse.Namespace", opcode="NEWOBJ"), mapping(append=g("builtins.print")), HARMFUL),
        (call("argparse.Namespace", opcode="NEWOBJ"), mapping(extend=PARTIAL), HARMFUL),
        (call("argparse.Namespace", opcode="NEWOBJ"), mapping(add=call("pathlib.PosixPath", "x")), HONEST),
        (call("transformers.trainer_utils.HubStrategy", "end"), mapping(x=1), UNUSUAL),
    ],
)
def test_a_state_is_judged_by_what_its_class_does_with_it(made: Called, state: Symbol, ruling: Ruling) -> None:
    judged = filled(made, state)
    assert judged.ruling is ruling, judged.why


def test_a_formula_of_any_length_is_judged_at_once() -> None:
    assert filled(OLS, mapping(formula="a" * 1_000_000 + "(")).ruling in (HONEST, HARMFUL)
    assert filled(OLS, mapping(formula="y ~ " + "x + " * 1_000 + "os.system")).ruling is HARMFUL


def test_whatever_is_guarded_can_not_be_called_with_a_dangerous_function() -> None:
    """The proof for the whole list: every guarded name, given `os.system` to call, does not agree."""
    lenient = {"array-scalar", "tensor-sparse", "file-in-memory"}
    """They keep what they are given, or fail on it, and call nothing; the mention of the function is a finding."""
    for framework in frameworks():
        for known in entries(framework):
            if known.tier is Tier.GUARDED and known.guard not in lenient:
                made = Called(Global(known.module, known.name), (SYSTEM, ("id",)))
                assert judge(made, known).ruling is not HONEST, known


def test_harm_is_named_where_memory_is_at_stake() -> None:
    judged = told(call(REBUILD, STORAGE, 0, (2, 300), (300, 1), False, NO_HOOKS))
    assert judged.harm is Harm.NATIVE
    assert "element 599 of a storage of 6" in judged.why.replace(",", "")


def test_a_dangerous_name_is_for_no_use_at_all() -> None:
    for framework in frameworks():
        for known in entries(framework):
            if known.tier is Tier.DANGEROUS:
                assert not any(known.permits(use) for use in Use)
