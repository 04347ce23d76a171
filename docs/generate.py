"""Writes the pages that are made from the code; `make docs`. A test holds them against the code."""

import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from entrepot import settings
from entrepot.domain.licensing import Family
from entrepot.domain.report import Category
from entrepot.licenses.table import entries
from entrepot.policy import conditions
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
CONDITIONS = "| condition | about | fits | example |\n|---|---|---|---|\n"
RULES = """# Rules

One page a rule. Critical and high make a file malicious, medium makes it suspicious, low is a note. Rules that are
off are switched on with `entrepot scan --with RULE` (or a whole family).

"""
LICENSES = """# Licenses

Which license it is, what it asks, and what contradicts it:

    entrepot license ./models/my-fine-tune
    entrepot license LICENSE --json

## What is looked at

- **The card** (`README.md`): `license`, also as a list (all of it counts) or an expression (`MIT OR Apache-2.0`);
  `license_name` and `license_link` where it says `other`.
- **License files** (`LICENSE`, `COPYING`, `NOTICE`, `USE_POLICY.md`, …), by titles and phrases of the texts, not by
  their names. A free license to which terms were added, such as "not for commercial use" below the MIT license, is
  *other* and stands as `MIT` and `further-terms`; a text that nobody here knows is `unrecognized-text`. A policy can
  allow both by these names. What is changed within a text, word for word and at the same length, is not noticed.
- **Headers**: `SPDX-License-Identifier:` lines of source files. A header speaks for its file alone: it adds its
  license, and leaves a package that declares nothing else without one.
- **GGUF** (`general.license`) and configurations.
- **Base models** (`base_model`), and theirs: what they declare is inherited. Terms that bind go on, whatever the card
  says.

The answer is *known*; *other*, a license of its own; *unknown*, something that nobody can read as a license; or
*missing*. Of an expression with `OR` one allowed alternative is enough, of `AND` each must be allowed. An exception
(`WITH`) that SPDX doesn't know has to be allowed by itself, as `exception-` and its name; so has a name that nobody
knows, in lower case, with dashes for spaces. Declarations that contradict one another are told as conflicts, and all
of them count.

None of this is legal advice: obligations are reminders, the license is what holds.

## Families

| family | means |
|---|---|
"""
KNOWN_LICENSES = """
## Known licenses

Ids are spelled as SPDX does, or as model cards do where SPDX has none. Every other id of SPDX is known by its family.
The last column: whether commercial use is allowed, under the license's conditions.

| id | name | family | commercial |
|---|---|---|---|
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
    yield FOLDER / "licenses.md", LICENSES + "".join(_licenses())
    yield FOLDER / "scanner" / "formats.md", FORMATS + "".join(_formats())
    yield Path(INDEX), index()
    yield FOLDER / "scanner" / "limits.md", LIMITS + "".join(_limits())
    yield FOLDER / "scanner" / "techniques.md", TECHNIQUES + "".join(_techniques())
    yield FOLDER / "rules" / "README.md", RULES + "".join(_index())
    yield FOLDER / "policy.md", _policy((FOLDER / "policy.md").read_text())
    for name in families():
        for rule in family(name).values():
            yield FOLDER / "rules" / f"{rule.id}.md", _rule(rule)


def _licenses() -> Iterator[str]:
    said = _sayings(Family)
    yield from (f"| {one} | {said[one.name]} |\n" for one in Family)
    yield KNOWN_LICENSES
    commercial = {True: "yes", False: "no", None: "depends"}
    for entry in entries().values():
        one = entry.license
        yield f"| `{one.id}` | {one.name} | {one.family} | {commercial[one.commercial]} |\n"


def _policy(page: str) -> str:
    """The page with the table of conditions renewed; the rest of it is written by hand."""
    before, mark, rest = page.partition("<!-- conditions: made from the code -->\n")
    end = "<!-- end of conditions -->"
    return before + mark + CONDITIONS + "".join(_conditions()) + end + rest.partition(end)[2]


def _conditions() -> Iterator[str]:
    for condition in conditions().values():
        example = "<br>".join(f"`{line}`" for line in condition.example.split("\n"))
        yield f"| `{condition.name}` | {condition.about} | {condition.summary} | {example} |\n"


def _formats() -> Iterator[str]:
    for form in formats().values():
        names = ", ".join(f"`{suffix}`" for suffix in form.suffixes) or "–"
        yield f"| {form.name} | {form.title} | {form.runs_code} | {form.through or '–'} | {names} |\n"


def _limits() -> Iterator[str]:
    said = _sayings(Limits)
    for field in fields(Limits):
        yield f"| `{field.name}` | {field.default:,} | {said[field.name]} |\n"


def _sayings(described: type) -> dict[str, str]:
    """What stands below each name of a class."""
    import ast
    import inspect

    body = ast.parse(inspect.getsource(described)).body[0]
    said: dict[str, str] = {}
    name = ""
    for node in body.body if isinstance(body, ast.ClassDef) else ():
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and name:
            said[name] = " ".join(str(node.value.value).split())
    return said


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
