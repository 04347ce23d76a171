"""Python source in a package: what it does when it is imported, and when a loader calls it."""

from collections.abc import Iterator

from entrepot.domain.report import Capability
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample

_SUFFIXES = (".py", ".pyw", ".pyi", ".pth")


def _recognize(sample: Sample) -> bool:
    if sample.suffix == ".pth":
        return sample.seems_text  # a path configuration file, whose lines with import are run at each start
    if sample.suffix in _SUFFIXES:
        return not sample.opaque
    return sample.head[:2] == b"#!" and b"python" in sample.head[:64].split(b"\n")[0]


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    # Loaded here: what parses Python takes longer to load than most files to scan.
    from entrepot.scan.python.judging import judged
    from entrepot.scan.python.source import decoded, encoding, is_usual

    budget.check_string(sample.source.size)
    data = sample.source.read(0, sample.source.size)
    yield Capability.YES
    name = encoding(data)
    if not is_usual(name):
        message = f"the source says that it is in {name}, in which comments and texts can turn into code"
        yield found("python.odd-encoding", message, evidence=data[:200].decode("latin-1"))
    text = decoded(data)
    if sample.suffix == ".pth":
        # Only these lines are run (the documentation of `site`); the others are folders.
        text = "\n".join(line if line.startswith(("import ", "import\t")) else "" for line in text.splitlines())
    yield from judged(text, budget, sample.basename)


FORMAT = Format(
    "python",
    _recognize,
    _inspect,
    "Python source",
    RunsCode.YES,
    "whoever imports it",
    _SUFFIXES,
    firsts=b"#",
    names=_SUFFIXES,
)
