"""What older builds of llama.cpp ask: which GGUF file a tag means."""

import re

from starlette.responses import JSONResponse, Response

from entrepot.domain.content import File
from entrepot.domain.errors import FileNotFound
from entrepot.domain.names import PackageName, PackageType
from entrepot.http.routes import Call
from entrepot.operations import browse
from entrepot.protocols.huggingface import names

PREFERRED = ("Q4_K_M", "Q4_0")
"""What a client gets that names no quantization."""
_LATER_PART = re.compile(r"-(?!00001)\d{5}-of-\d{5}\.gguf$")


async def manifest(call: Call) -> Response:
    """The model file for a quantization such as `Q4_K_M`, and the projector that goes with it."""
    name = PackageName.parse(PackageType.MODEL, call.params["id"])
    asked = browse.Question(names.repository(call), name, call.actor)
    view = await browse.view(call.registry, asked, "HEAD")
    weights = [file for file in await browse.files(view) if file.path.name.lower().endswith(".gguf")]
    models = [file for file in weights if not _is_projector(file) and not _LATER_PART.search(file.path.text)]
    chosen = _chosen(models, call.params["tag"])
    if chosen is None:
        raise FileNotFound(f"{name} has no GGUF file for {call.params['tag'][:80]!r}", view.revision.commit.hex)
    answer = {"ggufFile": _shape(chosen)}
    projector = next((file for file in weights if _is_projector(file)), None)
    return JSONResponse(answer | ({"mmprojFile": _shape(projector)} if projector else {}))


def _is_projector(file: File) -> bool:
    return "mmproj" in file.path.name.lower()


def _chosen(models: list[File], tag: str) -> File | None:
    wanted = PREFERRED if tag == "latest" else (tag,)
    for word in wanted:
        for file in models:
            if word.lower() in file.path.text.lower():
                return file
    return models[0] if tag == "latest" and models else None


def _shape(file: File) -> dict[str, object]:
    return {"rfilename": file.path.text, "size": file.size}
