"""The rules of the house that a machine can check."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "entrepot"
MODULES = sorted(path for path in SRC.rglob("*.py") if "migrations/versions" not in path.as_posix())
MAX_MODULE = 300
MAX_FUNCTION = 40
MAX_PARAMETERS = 5
VAGUE = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "core",
    "base",
    "manager",
    "service",
    "services",
    "handler",
    "handlers",
    "misc",
}


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(SRC).as_posix())
def test_a_module_fits_in_a_head(path: Path) -> None:
    assert path.read_text().count("\n") <= MAX_MODULE


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(SRC).as_posix())
def test_a_function_fits_on_a_screen_and_takes_few_parameters(path: Path) -> None:
    for function in _functions(path):
        length = (function.end_lineno or 0) - function.lineno + 1
        assert length <= MAX_FUNCTION, f"{function.name} has {length} lines"
        arguments = function.args
        names = [a.arg for a in (*arguments.posonlyargs, *arguments.args) if a.arg not in ("self", "cls")]
        is_command = any("click" in ast.unparse(d) or ".command" in ast.unparse(d) for d in function.decorator_list)
        assert is_command or len(names) <= MAX_PARAMETERS, f"{function.name} takes {len(names)}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(SRC).as_posix())
def test_every_module_and_every_public_thing_says_what_it_is(path: Path) -> None:
    tree = _tree(path)
    assert ast.get_docstring(tree), "the module has no docstring"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} has no docstring"


def test_no_module_has_a_name_that_says_nothing() -> None:
    names = {path.stem for path in MODULES} | {path.parent.name for path in MODULES}
    assert not names & VAGUE


def test_only_settings_reads_the_environment() -> None:
    for path in MODULES:
        if path != SRC / "settings.py":
            names = {ast.unparse(node) for node in ast.walk(_tree(path)) if isinstance(node, ast.Attribute)}
            assert not names & {"os.environ", "os.getenv", "os.environb"}, path


def test_nothing_happens_on_import() -> None:
    allowed = (
        ast.Import,
        ast.ImportFrom,
        ast.Assign,
        ast.AnnAssign,
        ast.AugAssign,
        ast.FunctionDef,
        ast.AsyncFunctionDef,
        ast.ClassDef,
    )
    for path in MODULES:
        if path.name == "env.py":
            continue  # Alembic runs it
        for node in _tree(path).body:
            is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            is_typing = isinstance(node, ast.If) and ast.unparse(node.test) in (
                "TYPE_CHECKING",
                "__name__ == '__main__'",
            )
            assert is_text or is_typing or isinstance(node, allowed), f"{path}:{node.lineno}"


def test_exceptions_are_caught_by_name_except_where_a_request_a_job_or_a_flight_ends() -> None:
    ends = {
        *(
            "http/dispatch.py",
            "web/dispatch.py",
            "jobs/__init__.py",
            "operations/flight.py",
            "operations/record.py",
            "scan/engine.py",
        ),
        "operations/inspection/worker.py",  # a process that scans one file, and ends with it
    }
    for path in MODULES:
        if path.relative_to(SRC).as_posix() in ends:
            continue
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.ExceptHandler):
                caught = ast.unparse(node.type) if node.type else "everything"
                rethrown = any(isinstance(child, ast.Raise) and child.exc is None for child in ast.walk(node))
                assert rethrown or caught not in ("Exception", "BaseException", "everything"), f"{path}:{node.lineno}"


def test_the_project_speaks_of_itself_alone() -> None:
    words = re.compile(
        r"/work/|/root/|issue #?\d|\bsession \d|pypi\.org|files\.pythonhosted|registry\.npmjs|deb\.debian", re.I
    )
    for pattern in ("*.py", "*.md", "*.toml", "*.lock", "*.json", "Makefile", "run"):
        for path in ROOT.rglob(pattern):
            hidden = any(part.startswith(".venv") or part in ("node_modules", ".git", "data") for part in path.parts)
            if hidden or path == Path(__file__):
                continue
            found = words.search(path.read_text(errors="replace"))
            assert found is None, f"{path}: {found and found[0]}"
