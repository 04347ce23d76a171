"""Runs the benchmarks that are named, or all of them, and prints one table. Figures are ratios wherever they can be."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[1:1] = [str(ROOT / "tests"), str(ROOT / "src")]  # the servers that tests use

import downloads  # noqa: E402
import firewall  # noqa: E402
import measure  # noqa: E402
import metadata  # noqa: E402
import pages  # noqa: E402
import proxy  # noqa: E402
import scanning  # noqa: E402
import uploads  # noqa: E402

BENCHMARKS = {
    "downloads": downloads.measure,
    "uploads": uploads.measure,
    "proxy": proxy.measure,
    "link": downloads.over_a_link,
    "metadata": metadata.measure,
    "pages": pages.measure,
    "scanning": scanning.measure,
    "firewall": firewall.measure,
}


def main() -> None:
    """Run and print; what is missed is said in the table, and fails nothing: machines differ."""
    rows = []
    for name in sys.argv[1:] or BENCHMARKS:
        folder = Path(tempfile.mkdtemp(prefix=f"entrepot-bench-{name}-"))
        (folder / "files").mkdir()
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            found = BENCHMARKS[name](folder)
        except (OSError, subprocess.SubprocessError, RuntimeError, AssertionError) as error:
            # Not every machine has namespaces, nginx or room for everything; the others are measured all the same.
            found = [measure.Row(name, f"could not be measured: {error}"[:200], "", False)]
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        rows += found
        for row in found:
            print(f"  {row.what}: {row.figure} (target {row.target})", file=sys.stderr, flush=True)
    measure.show(rows)


if __name__ == "__main__":
    main()
