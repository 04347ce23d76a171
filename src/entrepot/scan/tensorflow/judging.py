"""Which operators do more than compute: files, Python, the network. Where they stand decides for those of saving."""

from collections.abc import Iterator

from entrepot.domain.report import Finding, Location
from entrepot.scan.archive import escapes
from entrepot.scan.pattern import Pattern
from entrepot.scan.protobuf import View
from entrepot.scan.rules import found
from entrepot.scan.tensorflow.graph import Graph, Node, plain, read_graph

_WRITES = frozenset(
    "WriteFile WriteSummary CreateSummaryFileWriter WriteGraphSummary SaveDataset SaveDatasetV2 "
    "SnapshotDataset SnapshotDatasetV2 DistributedSave DeleteFile CreateSummaryDbWriter DatasetToTFRecord "
    "ExperimentalDatasetToTFRecord".split()
)
_READS = frozenset(
    "ReadFile MatchingFiles ImmutableConst LoadDataset WholeFileReader WholeFileReaderV2 "
    "TextLineReader TextLineReaderV2 "
    "TFRecordReader TFRecordReaderV2 FixedLengthRecordReader TextLineDataset TFRecordDataset TFRecordDatasetV2 "
    "FixedLengthRecordDataset FixedLengthRecordDatasetV2 CSVDataset CSVDatasetV2 ExperimentalCSVDataset ListDataset "
    "MatchingFilesDataset ExperimentalMatchingFilesDataset LMDBDataset ExperimentalLMDBDataset "
    "SqlDataset ExperimentalSqlDataset LoadAndRemapMatrix GenerateVocabRemapping RecordInput SnapshotChunkDataset "
    "SnapshotDatasetReader SnapshotNestedDatasetReader IdentityReader IdentityReaderV2".split()
)
# The service hands out whatever its dataset reads; TensorFlow I/O's operators of these names open files and addresses.
_NETWORK = frozenset(
    "DataServiceDataset DataServiceDatasetV2 DataServiceDatasetV3 DataServiceDatasetV4 RegisterDataset "
    "RegisterDatasetV2 RpcCall RpcClient RpcServer RpcServerStart TryRpc Rpc BigtableClient IO>BigtableClient".split()
)
_OPENING = Pattern(r"IO>(?!.*(?:Decode|Encode))\w*(?:Read|Write|Open|Init|Kafka|Sql|Http|FileSystem)\w*")
_PYTHON = frozenset("PyFunc PyFuncStateless EagerPyFunc NumpyFunction".split())
_LIBRARIES = frozenset("LoadLibrary LoadLibraryV2 LoadOpLibrary ShellExecute ExecuteCommand System Exec".split())
# Every saved model has them, in the functions by which it saves itself.
_SAVING = frozenset("Save SaveV2 SaveSlices MergeV2Checkpoints".split())
_ON_LOADING = ("saved_model_main_op", "legacy_init_op", "saved_model_initializers")
"""Collections of nodes that run when a model is loaded."""
_RESTORING = frozenset("Restore RestoreSlice RestoreV2".split())
_PLACE = Pattern(r"(?i)^(?:/|~|[a-z]:[\\/]|\\\\|[a-z][a-z0-9+.-]*://)|(?:^|[\\/])\.\.[\\/]")
_DEBUG = frozenset(
    "DebugIdentity DebugIdentityV2 DebugIdentityV3 DebugNanCount "
    "DebugNumericSummary DebugNumericSummaryV2 Copy CopyHost".split()
)
# What a name or a short text of a graph has no reason to hold: it only makes sense to whoever evaluates it.
_CODE = Pattern(
    r"__import__|\b(?:eval|exec)\s*\(|\bos\.(?:system|popen)\s*\(|\bsubprocess\.\w+\s*\(|/bin/(?:ba)?sh\b|\bbuiltins\."
)
_CODE_NAME = Pattern(r"__import__|\b(?:os\.(?:system|popen)|subprocess\.\w+|builtins\.\w+|eval|exec)$")
_FILE_STREAM = "file://"


def does_harm(operator: str) -> bool:
    """Whether an operator reads, writes or runs something wherever it stands."""
    return operator in _WRITES | _READS | _NETWORK | _PYTHON | _LIBRARIES | _SAVING or operator.startswith(
        "LoadLibrary"
    )


def judged_meta_graph(view: View) -> Iterator[Finding]:
    """Findings of a MetaGraphDef: its graph, from the outputs of its signatures."""
    outputs: list[str] = []
    graphs: list[View] = []
    for part in view.fields():
        if part.number == 2:
            graphs.append(part.view)
        elif part.number == 4 and part.view.named(1) in _ON_LOADING:
            nodes = part.view.first(2)
            for names in nodes.all(1) if nodes else ():
                outputs += [one.text() for one in names.all(1)]
        elif part.number == 5:
            outputs += _outputs(part.view)
        elif part.number == 6:
            yield from _asset(part.view)
    for graph in graphs:
        yield from judged_graph(read_graph(graph), outputs)


def _outputs(entry: View) -> Iterator[str]:
    signature = entry.first(2)
    for output in signature.all(2) if signature else ():
        info = output.first(2)
        if info is not None:
            yield info.named(1)


def _asset(view: View) -> Iterator[Finding]:
    yield from judged_asset(view.named(2))


def judged_asset(name: str) -> Iterator[Finding]:
    """A finding where a file beside the model is in fact none of its."""
    if escapes(name):
        yield found("tensorflow.asset", f"an asset is read from {name}, outside of the model", evidence=name)


def judged_graph(graph: Graph, outputs: list[str]) -> Iterator[Finding]:
    """Findings of a graph; without outputs, everything in it counts as run."""
    served = graph.reached(outputs) if outputs else {node.offset for name, node in graph.all() if not name}
    for function, node in graph.all():
        rule = _rule(node, node.offset in served, bool(outputs)) or _elsewhere(node, function, graph)
        if rule:
            where = "a signature" if node.offset in served else f"the function {function}" if function else "the graph"
            shown = f"{node.operator} {node.name}" + "".join(f"\n{key}: {text}" for key, text in node.texts[:8])
            message = f"{where} has the operator {node.operator}, which {_DOES[rule]}"
            yield found(rule, message, evidence=shown, at=Location(offset=node.offset))


_DOES = {
    "tensorflow.file-write": "writes files",
    "tensorflow.file-read": "reads files",
    "tensorflow.python-function": "calls Python functions of the program that loads it",
    "tensorflow.library": "loads or runs what it is told to",
    "tensorflow.save-in-signature": "writes a checkpoint wherever it is told to",
    "tensorflow.restore-elsewhere": "reads a checkpoint from wherever it is told to",
    "tensorflow.network": "talks to another machine",
    "tensorflow.debug-url": "sends its values to an address",
    "tensorflow.code-in-text": "names or holds Python that runs something",
}


def _elsewhere(node: Node, function: str, graph: Graph) -> str | None:
    """The rule for a checkpoint that is written to, or read from, a place that the graph names; the model's own saving
    functions are told."""
    if node.operator not in _SAVING | _RESTORING or not node.inputs:
        return None
    siblings = graph.functions.get(function, []) if function else graph.nodes.values()
    place = plain(node.inputs[0])
    texts = [text for one in siblings if one.name == place for _, text in one.texts]
    if any(_PLACE.search(text) for text in texts):
        return "tensorflow.file-write" if node.operator in _SAVING else "tensorflow.restore-elsewhere"
    return None


def _rule(node: Node, served: bool, has_signatures: bool) -> str | None:
    operator = node.operator
    if operator in _WRITES or (operator == "PrintV2" and any(_FILE_STREAM in text for _, text in node.texts)):
        return "tensorflow.file-write"
    if operator in _READS or _OPENING.fullmatch(operator):
        return "tensorflow.file-read"
    if operator in _NETWORK:
        return "tensorflow.network"
    if operator in _PYTHON:
        return "tensorflow.python-function"
    if operator in _LIBRARIES or operator.startswith("LoadLibrary"):
        return "tensorflow.library"
    if operator in _SAVING and served and has_signatures:
        return "tensorflow.save-in-signature"
    if operator in _RESTORING and served and has_signatures:
        return "tensorflow.restore-elsewhere"
    if operator in _DEBUG and any("://" in text for key, text in node.texts if "url" in key or "debug_ops" in key):
        return "tensorflow.debug-url"
    names = (operator, *node.functions)
    if any(_CODE_NAME.search(name) for name in names) or any(_CODE.search(text) for _, text in node.texts):
        return "tensorflow.code-in-text"
    return None
