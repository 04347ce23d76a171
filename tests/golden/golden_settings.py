"""Settings beside models: pipelines of spaCy, heads of MOJOs, packages of Core ML, programs of PaddlePaddle 3."""

import json

from golden.pairs import Golden

_SPACY = """[paths]
train = null
vectors = null
init_tok2vec = null

[system]
gpu_allocator = null
seed = 0

[nlp]
lang = "en"
pipeline = ["tok2vec","tagger","ner"]
disabled = ["senter"]
before_creation = null
after_creation = null
after_pipeline_creation = null
batch_size = 256
tokenizer = {"@tokenizers":"spacy.Tokenizer.v1"}
vectors = {"@vectors":"spacy.Vectors.v1"}

[components]

[components.ner]
factory = "ner"
moves = null
scorer = {"@scorers":"spacy.ner_scorer.v1"}

[components.ner.model]
@architectures = "spacy.TransitionBasedParser.v2"
state_type = "ner"
hidden_width = 64
tok2vec = {
  "@architectures":"spacy.Tok2VecListener.v1","width":96}

[corpora]

[corpora.train]
@readers = "spacy.Corpus.v1"
path = ${paths.train}

[training]
logger = {"@loggers":"spacy.ConsoleLogger.v1"}

[training.batcher]
@batchers = "spacy.batch_by_words.v1"
"""


def _spacy(more: str = "") -> bytes:
    return (_SPACY + more).encode()


_COPIED = '\n[initialize.before_init]\n@callbacks = "spacy.copy_from_base_model.v1"\ntokenizer = "{0}"\nvocab = "{0}"\n'


def _mojo(domain: str = "d000.txt", more: str = "") -> bytes:
    return (
        "[info]\nh2o_version = 3.46.0.1\nmojo_version = 1.40\nlicense = Apache License Version 2.0\nalgo = gbm\n"
        "algorithm = Gradient Boosting Machine\nendianness = LITTLE_ENDIAN\ncategory = Multinomial\nn_features = 4\n"
        f"escape_domain_values = true\n{more}\n[columns]\nsepal_len\n../odd column\nclass\n\n[domains]\n2: 3 {domain}\n"
    ).encode()


def _manifest(path: str = "com.apple.CoreML/model.mlmodel", version: str = "1.0.0") -> bytes:
    items = {
        "4A8D3F0C": {
            "author": "com.apple.CoreML",
            "description": "CoreML Model Specification",
            "name": "model.mlmodel",
            "path": path,
        },
        "77B1C2D9": {"author": "com.apple.CoreML", "name": "weights", "path": "com.apple.CoreML/weights"},
    }
    return json.dumps(
        {"fileFormatVersion": version, "itemInfoEntries": items, "rootModelIdentifier": "4A8D3F0C"}, indent=4
    ).encode()


def _text(name: str, value: str) -> dict[str, object]:
    return {"N": name, "AT": {"#": "0.a_str", "D": value}}


def _paddle(*operators: dict[str, object]) -> bytes:
    parameter = {"#": "p", "A": [0, 1, 1, "linear_0.w_0"], "DA": [], "O": {"%": 1}, "OA": [1, 0, 1]}
    product = {"#": "1.matmul", "A": [{"N": "transpose_x", "AT": {"#": "0.a_bool", "D": False}}], "I": [], "O": []}
    product["A"].append(_text("op_callstack", "os.system('x')"))  # type: ignore[attr-defined]
    block = {"#": "block_0", "args": [], "ops": [parameter, product, *operators]}
    program = {"regions": [{"#": "region_0", "blocks": [block]}]}
    return json.dumps({"base_code": {"magic": "pir", "trainable": True, "version": 3}, "program": program}).encode()


def _operator(name: str, **texts: str) -> dict[str, object]:
    return {"#": name, "A": [_text(key, value) for key, value in texts.items()], "I": [], "O": []}


def _branch(inner: dict[str, object]) -> dict[str, object]:
    return {"#": "1.if", "A": [], "I": [], "O": [], "regions": [{"blocks": [{"ops": [inner]}]}]}


def _pair(rule: str, dangerous: bytes, harmless: bytes, case: str = "", name: str = "config.cfg") -> Golden:
    return Golden(rule, name, lambda: dangerous, lambda: harmless, case, techniques=("F15",))


_LOADS = _paddle(_operator("1.load_combine", file_path="model.pdiparams"))

GOLDENS = [
    _pair("spacy.callback", _spacy('\n[nlp.after_creation]\n@callbacks = "setup.v1"\n'), _spacy()),
    _pair(
        "spacy.callback",
        _spacy('\n[initialize.before_init]\n@callbacks = "setup.v1"\n'),
        _spacy(_COPIED.format("en_core_web_sm")),
        "on training",
    ),
    _pair(
        "spacy.callback",
        _spacy('\n[training]\nbefore_update = {"@callbacks":"setup.v1"}\n'),
        _spacy("\n[training]\nbefore_update = null\n"),
        "on one line",
    ),
    _pair(
        "spacy.callback",
        _spacy('\n[training]\nbefore_update = {\n  "a":\n    {"@callbacks":"setup.v1"}}\n'),
        _spacy(),
        "on several lines",
    ),
    _pair(
        "spacy.callback",
        _spacy('\n[training]\nbefore_update = {"@callbacks":"setup.v1","seed":${system.seed}}\n'),
        _spacy('\n[training]\nbatcher = {"@batchers":"spacy.batch_by_words.v1","size":${nlp.batch_size}}\n'),
        "with a reference",
    ),
    _pair(
        "spacy.callback",
        _spacy("\n[training]\nbefore_update = {'@callbacks': 'setup.v1'}\n"),
        _spacy("\n[training]\nbefore_update = {'@batchers': 'x.v1'}\n"),
        "no JSON",
    ),
    _pair(
        "spacy.callback",
        _spacy('\n[training]\nbefore_update =\n  {"@callbacks":"setup.v1"}\n'),
        _spacy('\n[training]\nlogger =\n  {"@loggers":"spacy.ConsoleLogger.v1"}\n'),
        "on the next line",
    ),
    _pair("spacy.callback", _spacy('\n[nlp.after_creation]\n@callbacks: "setup.v1"\n'), _spacy(), "with a colon"),
    _pair("spacy.dangerous-function", _spacy('\n[nlp.extra]\n@misc = "os.system"\ncommand = "echo"\n'), _spacy()),
    _pair("spacy.dangerous-function", _spacy('\n[nlp.extra]\n@callbacks = "exec"\n'), _spacy(), "built in"),
    _pair(
        "spacy.source-elsewhere",
        _spacy('\n[components.x]\nsource = "../../tmp/pipeline"\n'),
        _spacy('\n[components.x]\nsource = "en_core_web_sm"\n'),
    ),
    _pair(
        "spacy.source-elsewhere",
        _spacy(_COPIED.format("http://a.example/pipeline")),
        _spacy(_COPIED.format("en_core_web_sm")),
        "copied from",
    ),
    _pair(
        "embedded.commands",
        _spacy("\n[training.x]\nhook = \"python3 -c 'print(1)'\"\n"),
        b"[net]\nbatch=1\n",
        "settings of spaCy",
    ),
    _pair("mojo.path-outside", _mojo("../../../etc/passwd"), _mojo(), name="model.ini"),
    _pair(
        "mojo.path-outside",
        _mojo(more="submodel_dir_0 = /tmp/models/a/\n"),
        _mojo(more="submodel_dir_0 = models/a/\n"),
        "a model inside",
        "model.ini",
    ),
    _pair("embedded.commands", _mojo(more="hook = /bin/sh -c echo"), _mojo(), "MOJO", "model.ini"),
    _pair("coreml.path-outside", _manifest("../../other.mlmodel"), _manifest(), "manifest", "Manifest.json"),
    _pair("coreml.path-outside", _manifest("file:///etc/passwd"), _manifest(), "address", "Manifest.json"),
    _pair("coreml.path-outside", _manifest("/etc/passwd", "1" * 5000), _manifest(), "after much", "Manifest.json"),
    _pair("paddle.python-operator", _paddle(_operator("1.py_func_")), _LOADS, "JSON", "inference.json"),
    _pair("paddle.python-operator", _paddle(_branch(_operator("py_op.f"))), _LOADS, "in a branch", "inference.json"),
    _pair("paddle.writes", _paddle(_operator("1.save_combine", file_path="x")), _LOADS, "JSON", "inference.json"),
    _pair("paddle.network", _paddle(_operator("pd_op.listen_and_serv")), _LOADS, "JSON", "inference.json"),
    _pair(
        "paddle.path-outside",
        _paddle(_operator("1.load_combine", file_path="/etc/passwd")),
        _LOADS,
        "JSON",
        "inference.json",
    ),
]
