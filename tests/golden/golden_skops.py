"""skops files whose nodes name what harms, or are not what they say."""

import io
import json
import pickle
import zipfile

from golden.pairs import Golden


def _node(loader: str, dotted: str, **more: object) -> dict[str, object]:
    module, _, name = dotted.rpartition(".")
    return {"__class__": name, "__module__": module, "__loader__": loader, **more}


def _json(value: object) -> dict[str, object]:
    return _node("JsonNode", "builtins.str", content=json.dumps(value), is_json=True)


def _dict(**content: object) -> dict[str, object]:
    keys = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": []}
    return _node("DictNode", "builtins.dict", content=content, key_types=keys)


_FOREST = "sklearn.ensemble._forest.RandomForestClassifier"


def _skops(root: dict[str, object], members: dict[str, bytes] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in (members or {}).items():
            archive.writestr(name, data)
        archive.writestr("schema.json", json.dumps({**root, "protocol": 2, "_skops_version": "0.16.0"}, indent=2))
    return out.getvalue()


def _model(**parts: object) -> bytes:
    return _skops(_node("ObjectNode", _FOREST, content=_dict(criterion=_json("gini"), **parts)))


_ITEMS = _node("OperatorFuncNode", "operator.itemgetter", attrs=_node("TupleNode", "builtins.tuple", content=[]))
_METHOD = _node("MethodNode", _FOREST, content={"func": "predict", "obj": _node("ObjectNode", _FOREST)})
_HONEST = _model(f=_node("FunctionNode", "numpy.log1p"), g=_ITEMS, h=_METHOD)


def _random(name: str) -> dict[str, object]:
    state = _dict(bit_generator=_json(name), state=_dict())
    seed = _dict(entropy=_json(1))
    return _node("RandomGeneratorNode", "numpy.random._generator.Generator", content={
        "bit_generator": state, "seed_seq": seed})  # fmt: skip


def _pair(rule: str, dangerous: bytes, case: str = "", harmless: bytes = _HONEST) -> Golden:
    return Golden(rule, "model.skops", lambda: dangerous, lambda: harmless, case, techniques=("F12",))


def _calling(name: str, *arguments: str) -> dict[str, object]:
    attrs = _node("TupleNode", "builtins.tuple", content=[_json(argument) for argument in arguments])
    return _node("OperatorFuncNode", name, attrs=attrs)


GOLDENS = [
    _pair("skops.type-dangerous", _model(f=_node("FunctionNode", "os.system"))),
    _pair("skops.type-dangerous", _model(f=_node("TypeNode", "builtins.eval")), "type"),
    _pair("skops.type-dangerous", _model(f=_node("ListNode", "subprocess.Popen", content=[_json("echo")])), "list"),
    _pair(
        "skops.type-dangerous",
        _model(f=_node("FunctionNode", "builtins.function", content={"module_path": "os", "function": "system"})),
        "old function",
    ),
    _pair(
        "skops.type-dangerous",
        _model(f=_node("ConstructorFromReduceNode", "subprocess.Popen", content=_dict())),
        "constructor",
    ),
    _pair("skops.forged-node", _model(f=_calling("builtins.exec", "print(1)"))),
    _pair("skops.forged-node", _model(f=_calling("operator.call", "print")), "another operator"),
    _pair(
        "skops.forged-node",
        _model(f=_node("MethodNode", "builtins.str", content={"func": "fit", "obj": _node("ObjectNode", _FOREST)})),
        "method",
    ),
    _pair(
        "skops.forged-node",
        _model(f=_node("MethodNode", _FOREST, content={"func": "x", "obj": {**_METHOD}})),
        "method of a method",
    ),
    _pair("skops.forged-node", _model(f=_random("seed")), "generator", _model(f=_random("PCG64"))),
    _pair(
        "skops.attribute",
        _model(
            f=_node(
                "MethodNode", _FOREST, content={"func": "__init__.__globals__", "obj": _node("ObjectNode", _FOREST)}
            )
        ),
    ),
    _pair(
        "skops.attribute",
        _model(f=_calling("operator.attrgetter", "__class__.__mro__")),
        "attrgetter",
        _model(f=_calling("operator.methodcaller", "fit_transform")),
    ),
    _pair("skops.type-unlisted", _model(f=_node("FunctionNode", "sklearn.utils.some_function"))),
    _pair("skops.type-unknown", _model(f=_node("ObjectNode", "mycompany.models.Model", content=_dict()))),
    Golden(
        "file.disguised",
        "model.skops",
        lambda: pickle.dumps({"a": 1}),
        lambda: _HONEST,
        "pickle named skops",
        techniques=("F12",),
    ),
]
