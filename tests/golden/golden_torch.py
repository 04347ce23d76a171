"""PyTorch's archives: TorchScript, packages, exported programs."""

import json

from golden.golden_archive import zipped
from golden.pairs import Golden

PICKLE = b"\x80\x02}q\x00."
"""An empty dict."""


def scripted(line: str, name: str = "code/__torch__.py") -> bytes:
    """A TorchScript archive whose module does that."""
    code = f"""class Net(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.Net,
    x: Tensor) -> Tensor:
    _0 = {line}
    return _0
"""
    return zipped(
        ("net/data.pkl", PICKLE),
        (f"net/{name}", code.encode()),
        ("net/constants.pkl", b"\x80\x02)."),
        ("net/version", b"3\n"),
    )


def packaged(*members: tuple[str, bytes]) -> bytes:
    """An archive of torch.package."""
    more = [(f"m/{name}", data) for name, data in members]
    return zipped(
        ("m/.data/extern_modules", b"torch\n"), ("m/.data/version", b"6\n"), ("m/model/model.pkl", PICKLE), *more
    )


def exported(target: str = "torch.ops.aten.relu.default", size: str = "2*s0 + Mod(s1, 4)", **more: object) -> bytes:
    """An archive of torch.export with one node."""
    node = {"target": target, "inputs": [], "outputs": [], "metadata": {}}
    values = {"x": {"sizes": [{"as_expr": {"expr_str": size, "hint": None}}]}}
    program = {"graph_module": {"graph": {"nodes": [node], "tensor_values": values}}, **more}
    return zipped(("p/models/model.json", json.dumps(program).encode()), ("p/archive_format", b"pt2"))


RELU = "torch.relu(x)"

GOLDENS = [
    Golden(
        "torch.script-files",
        "net.pt",
        lambda: scripted('torch.from_file("/etc/passwd", False, 100, dtype=0)'),
        lambda: scripted(RELU),
        techniques=("C06",),
    ),
    Golden(
        "torch.script-files",
        "net.pt",
        lambda: scripted('torch . \\\n from_file ("/etc/passwd")'),
        lambda: scripted("torch.linear(x, self.file, None)"),
        case="spaced",
        techniques=("C06",),
    ),
    Golden(
        "torch.script-files",
        "net.pt",
        lambda: scripted('ops.image.read_file("/etc/passwd")', "code/__torch__/torchvision/io.py"),
        lambda: scripted("ops.torchvision.nms(x, x, 0.5)", "code/__torch__/torchvision/ops.py"),
        case="torchvision",
        techniques=("C06",),
    ),
    Golden(
        "torch.script-network",
        "net.pt",
        lambda: scripted('rpc_async("worker", f, (x,))'),
        lambda: scripted("fork(f, x)"),
        techniques=("C06",),
    ),
    Golden(
        "torch.script-operator",
        "net.pt",
        lambda: scripted("ops.payload.run(x)"),
        lambda: scripted("ops.quantized.linear_dynamic(x, x, True)"),
        techniques=("C06",),
    ),
    Golden(
        "torch.script-python",
        "net.pt",
        lambda: scripted("x\n  import os"),
        lambda: scripted("x"),
        techniques=("C06",),
    ),
    Golden(
        "torch.package-code",
        "m.pt",
        lambda: packaged(("net.py", b"class Net:\n    pass\n")),
        lambda: packaged((".data/0.storage", bytes(16))),
        techniques=("C06",),
    ),
    Golden(
        "torch.export-target",
        "m.pt2",
        lambda: exported("torch.serialization.os.system"),
        lambda: exported("_operator.add"),
        techniques=("C06",),
    ),
    Golden(
        "torch.export-target",
        "m.pt2",
        lambda: exported(in_spec=json.dumps([1, {"context": json.dumps({"default_factory_module": "antigravity"})}])),
        lambda: exported(in_spec=json.dumps([1, {"context": json.dumps({"default_factory_module": "builtins"})}])),
        case="import",
        techniques=("C06",),
    ),
    Golden(
        "torch.export-formula",
        "m.pt2",
        lambda: exported(size="__import__('os').system('echo')"),
        exported,
        techniques=("C06",),
    ),
    Golden(
        "torch.export-formula",
        "m.pt2",
        lambda: exported(guards_code=["L['x'].__class__ is None"]),
        lambda: exported(guards_code=["L['x'].size()[0] >= 2"]),
        case="guard",
        techniques=("C06",),
    ),
]

FORMATS_SEEN = {
    "state_dict.pt": lambda: zipped(
        ("archive/data.pkl", PICKLE),
        ("archive/byteorder", b"little"),
        ("archive/data/0", bytes(64)),
        ("archive/version", b"3\n"),
    )
}
