"""How often the scanner is right on labelled files: `make evaluate CORPUS=folder`.

The folder has a `manifest.csv` with the columns path, label (malicious, suspicious, benign), label_source, format.
Flagged means called malicious or suspicious. Files are only read, never loaded.
"""

import argparse
import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from entrepot.domain.report import Coverage, Verdict
from entrepot.scan import Limits, Scanner, scan_file
from entrepot.scan.engine import FAULT

FLAGGED = (Verdict.MALICIOUS, Verdict.SUSPICIOUS)
SECONDS = 120


@dataclass(frozen=True)
class Labelled:
    """A file, what it is said to be and who says so."""

    path: Path
    label: str
    label_source: str
    format: str


@dataclass(frozen=True)
class Outcome:
    """What the scanner says of it."""

    file: Labelled
    verdict: Verdict
    coverage: Coverage
    formats: Sequence[str]
    rules: Sequence[str]
    unread: Sequence[str]

    @property
    def wrong(self) -> bool:
        """Malicious and not flagged, or benign and flagged."""
        flagged = self.verdict in FLAGGED
        return flagged == (self.file.label == "benign")


def labelled(corpus: Path) -> list[Labelled]:
    """The manifest's files."""
    with (corpus / "manifest.csv").open(newline="") as manifest:
        rows = csv.DictReader(manifest)
        return [
            Labelled(corpus / row["path"], row["label"], row["label_source"], row.get("format") or "?") for row in rows
        ]


def judge(file: Labelled) -> Outcome:
    """Scan one file."""
    report = scan_file(file.path, Scanner(Limits(seconds=SECONDS)))
    rules = sorted({finding.rule for finding in report.findings if finding.severity.rank > 0})
    unread = [f"{unread.member}: {unread.reason}" for unread in report.unread[:5]]
    return Outcome(file, report.verdict, report.coverage, report.formats, rules, unread)


def tables(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The tables, as Markdown."""
    yield "| label | label source | files | flagged | malicious | clean | not fully read |\n"
    yield "|---|---|--:|--:|--:|--:|--:|\n"
    groups: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.file.label, outcome.file.label_source].append(outcome)
    for (label, source), group in sorted(groups.items()):
        flagged = sum(outcome.verdict in FLAGGED for outcome in group)
        verdicts = Counter(outcome.verdict for outcome in group)
        unread = sum(outcome.coverage is not Coverage.FULL for outcome in group)
        yield f"| {label} | {source} | {len(group)} | {flagged} ({flagged / len(group):.1%}) "
        yield f"| {verdicts[Verdict.MALICIOUS]} | {verdicts[Verdict.CLEAN]} | {unread} |\n"
    unclean = [o for o in outcomes if o.coverage is not Coverage.FULL and o.verdict is Verdict.CLEAN]
    faults = [outcome for outcome in outcomes if any(FAULT in reason for reason in outcome.unread)]
    yield f"\nNot fully read, yet called clean: {len(unclean)}. Faults of the scanner: {len(faults)}.\n"


def misses(outcomes: Sequence[Outcome], corpus: Path) -> Iterator[str]:
    """What the scanner and the labels disagree on, one a line."""
    for o in outcomes:
        if o.wrong:
            what = "missed" if o.file.label != "benign" else "false alarm"
            said = ", ".join(o.rules) or "; ".join(o.unread) or "-"
            yield f"{what}: {o.file.path.relative_to(corpus)} [{o.file.label}, {o.file.label_source}, {o.file.format}] "
            yield f"-> {o.verdict}, {'+'.join(o.formats) or 'no format'}: {said}\n"


def main() -> None:
    """Scan the corpus, print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("corpus", type=Path, help="the folder with manifest.csv")
    arguments.add_argument("--misses", action="store_true", help="list each file that label and scanner disagree on")
    arguments.add_argument("--source", action="append", help="only these label sources")
    arguments.add_argument("--format", action="append", help="only these formats of the manifest")
    arguments.add_argument("--jobs", type=int, default=2)
    asked = arguments.parse_args()
    files = [
        file
        for file in labelled(asked.corpus)
        if (not asked.source or file.label_source in asked.source) and (not asked.format or file.format in asked.format)
    ]
    with ProcessPoolExecutor(asked.jobs) as pool:
        outcomes = list(pool.map(judge, files, chunksize=8))
    sys.stdout.writelines(tables(outcomes))
    if asked.misses:
        sys.stdout.writelines(misses(outcomes, asked.corpus))


if __name__ == "__main__":
    main()
