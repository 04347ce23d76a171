"""Core ML's models: what in them is code of the app's, what they take from elsewhere, and what their texts say."""

from collections.abc import Iterator

from entrepot.domain.report import Finding, Location
from entrepot.scan.archive import escapes
from entrepot.scan.embedded import commands
from entrepot.scan.pattern import Pattern
from entrepot.scan.protobuf import View
from entrepot.scan.rules import found

MAX_DEPTH = 16
"""Models inside pipelines, and blocks inside operations."""
_PIPELINES = {200: True, 201: True, 202: False}
_NETWORKS = (303, 403, 500)
_DESCRIPTION, _PROGRAM, _CUSTOM, _LINKED = 2, 502, 555, 556
_BUNDLES = Pattern(r"^(?:\$BUNDLE_MAIN|\$BUNDLE_IDENTIFIER\([^)]*\)|@model_path)[/\\]*")


def model(view: View, depth: int = 0) -> Iterator[Finding]:
    """Findings of a model and those inside it. Raises `Unreadable`."""
    if depth > MAX_DEPTH:
        yield found("coreml.nested", f"models inside models, more than {MAX_DEPTH} deep")
        return
    for field in view.fields():
        if isinstance(field.value, int):
            continue
        inner = field.view
        if field.number in _PIPELINES:
            yield from _pipeline(inner, depth, is_wrapped=_PIPELINES[field.number])
        elif field.number in _NETWORKS:
            for layer in inner.all(1):
                yield from _layer(layer)
        elif field.number == _DESCRIPTION:
            yield from _metadata(inner)
        elif field.number == _PROGRAM:
            yield from _program(inner)
        elif field.number == _CUSTOM:
            name = inner.named(10)
            yield found("coreml.custom-model", f"is computed by the app's class {name}", evidence=name, at=_at(inner))
            yield from _parameters(inner)
        elif field.number == _LINKED:
            yield from _linked(inner)


def _at(view: View) -> Location:
    return Location(offset=view.start)


def _pipeline(view: View, depth: int, *, is_wrapped: bool) -> Iterator[Finding]:
    for pipeline in view.all(1) if is_wrapped else (view,):
        for inner in pipeline.all(1):
            yield from model(inner, depth + 1)


def _layer(layer: View) -> Iterator[Finding]:
    for custom in layer.all(500):
        name = custom.named(10)
        message = f"the layer {layer.named(1)} is computed by the app's class {name}"
        yield found("coreml.custom-layer", message, evidence=name, at=_at(custom))
        yield from _parameters(custom)


def _parameters(custom: View) -> Iterator[Finding]:
    yield from commands(custom.named(40), "a description", custom.start)
    for entry in custom.all(30):
        for value in entry.all(2):
            yield from commands(value.named(20), f"the parameter {entry.named(1)}", entry.start)


def _metadata(description: View) -> Iterator[Finding]:
    for metadata in description.all(100):
        for field in metadata.fields():
            if isinstance(field.value, int):
                continue
            if field.number == 100:
                yield from commands(field.view.named(2), f"the entry {field.view.named(1)}", field.view.start)
            else:
                yield from commands(field.view.text(1 << 20), "the description", field.view.start)


def _linked(view: View) -> Iterator[Finding]:
    for file in view.all(1):
        for parameter in (*file.all(1), *file.all(2)):
            path = parameter.named(1)
            if any(_leads_out(part) for part in path.split(":" if "$" in path else "\0")):
                message = f"takes another model from {path}"
                yield found("coreml.path-outside", message, evidence=path, at=_at(parameter))


def _leads_out(path: str) -> bool:
    return escapes(_BUNDLES.compiled().sub("", path.strip()))


def _program(program: View) -> Iterator[Finding]:
    """Operations of a program whose values stand in files."""
    for function in program.all(2):
        for value in function.all(2):
            for entry in value.all(3):
                for block in entry.all(2):
                    yield from _block(block, 0)


def _block(block: View, depth: int) -> Iterator[Finding]:
    if depth > MAX_DEPTH:
        yield found("coreml.nested", f"blocks inside blocks, more than {MAX_DEPTH} deep")
        return
    for operation in block.all(3):
        for inner in operation.all(4):
            yield from _block(inner, depth + 1)
        values = [value for entry in operation.all(5) for value in entry.all(2)]
        values += [
            value
            for entry in operation.all(2)
            for argument in entry.all(2)
            for binding in argument.all(1)
            for value in binding.all(2)
        ]
        for value in values:
            yield from _value(value)


def _value(value: View) -> Iterator[Finding]:
    for file in value.all(5):
        if _leads_out(path := file.named(1)):
            yield found("coreml.path-outside", f"takes values from {path}", evidence=path, at=_at(file))
