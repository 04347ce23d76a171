"""Writes the pages that are made from the code; `make docs`. A test holds them against the code."""

import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from entrepot import settings
from entrepot.domain.report import Category
from entrepot.scan.budget import Limits
from entrepot.scan.choice import INDEX, formats, index
from entrepot.scan.rules import Rule, families, family

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent
SETTINGS = """# Settings

Every setting can stand in a TOML file (`entrepot serve --config FILE`, or `ENTREPOT_CONFIG`) or in the environment; the
environment wins. They are read once, at the start; a value that can't be used stops the start with a message that names
it.

| setting | environment | default | meaning |
|---|---|---|---|
"""
FORMATS = """# Formats

What the scanner knows by its bytes; a name is a hint at most. Every format that recognizes the bytes inspects them.
The third column is about the format; what a file itself can do is in its report (`can_run_code`).

| format | is | can run code on loading | through | names |
|---|---|---|---|---|
"""
LIMITS = """# Limits of a scan

What one file may cost, with everything in it. What runs into a limit is reported as not read, and never called clean.

| limit | default | meaning |
|---|--:|---|
"""
RULES = """# Rules

One page a rule. Critical and high make a file malicious, medium makes it suspicious, low is a note. Rules that are
off are switched on with `entrepot scan --with RULE` (or a whole family).

"""
TECHNIQUES = """# Techniques

Known ways to get harm past a scanner, and the samples of the test suite (`tests/golden`) that show each being found.
A golden pair is a dangerous file, built by code with a harmless payload, and its nearest honest relative, on which the
scanner is silent.

| | technique | pairs | rules |
|---|---|--:|---|
"""


def pages() -> Iterator[tuple[Path, str]]:
    """Every page, and what it has to say."""
    rows = [
        f"| `{name}` | `{variable}` | `{default}` | {meaning} |\n"
        for name, variable, default, meaning in settings.table()
    ]
    yield FOLDER / "settings.md", SETTINGS + "".join(rows)
    yield FOLDER / "scanner" / "formats.md", FORMATS + "".join(_formats())
    yield Path(INDEX), index()
    yield FOLDER / "scanner" / "limits.md", LIMITS + "".join(_limits())
    yield FOLDER / "scanner" / "techniques.md", TECHNIQUES + "".join(_techniques())
    yield FOLDER / "rules" / "README.md", RULES + "".join(_index())
    for name in families():
        for rule in family(name).values():
            yield FOLDER / "rules" / f"{rule.id}.md", _rule(rule)


def _formats() -> Iterator[str]:
    for form in formats().values():
        names = ", ".join(f"`{suffix}`" for suffix in form.suffixes) or "–"
        yield f"| {form.name} | {form.title} | {form.runs_code} | {form.through or '–'} | {names} |\n"


def _limits() -> Iterator[str]:
    import ast
    import inspect

    body = ast.parse(inspect.getsource(Limits)).body[0]
    said: dict[str, str] = {}
    name = ""
    for node in body.body if isinstance(body, ast.ClassDef) else ():
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and name:
            said[name] = " ".join(str(node.value.value).split())
    for field in fields(Limits):
        yield f"| `{field.name}` | {field.default:,} | {said[field.name]} |\n"


def _index() -> Iterator[str]:
    for name in families():
        yield f"## {name}\n\n| rule | severity | what |\n|---|---|---|\n"
        for rule in family(name).values():
            yield f"| [{rule.id}]({rule.id}.md) | {rule.severity}{'' if rule.on else ' (off)'} | {rule.title} |\n"
        yield "\n"
    yield "## Risks\n\nThe risks that findings are sorted by; what a file can't show is not covered:\n\n"
    covered = {rule.category for name in families() for rule in family(name).values()}
    for category in Category:
        yield f"- {category}{'' if category in covered else ': not covered by scanning files'}\n"


def _rule(rule: Rule) -> str:
    lines = [
        f"# {rule.title}",
        f"`{rule.id}` · severity {rule.severity}, confidence {rule.confidence} · risk: {rule.category}"
        + ("" if rule.on else f" · off by default: `entrepot scan --with {rule.id}`"),
        f"**Why it matters.** {rule.consequence}",
        f"**What to do.** {rule.remediation}",
        f"**Found:**\n\n```\n{rule.dangerous}\n```",
        f"**Left alone:**\n\n```\n{rule.harmless}\n```",
    ]
    if rule.see:
        lines.append(f"See {', '.join(rule.see)}.")
    return "\n\n".join(lines) + "\n"


def _techniques() -> Iterator[str]:
    sys.path.insert(0, str(ROOT / "tests"))
    from golden.pairs import goldens
    from golden.techniques import TECHNIQUES as KNOWN

    for technique, (title, unseen) in KNOWN.items():
        pairs = [golden for golden in goldens() if technique in golden.techniques]
        rules = ", ".join(f"[{rule}](../rules/{rule}.md)" for rule in sorted({golden.rule for golden in pairs}))
        yield f"| {technique} | {title} | {len(pairs)} | {rules or unseen} |\n"


def main() -> None:
    """Write the pages; pages of rules that are gone are removed."""
    written = dict(pages())
    for path, text in written.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    for path in (FOLDER / "rules").glob("*.md"):
        if path not in written:
            path.unlink()


if __name__ == "__main__":
    main()
