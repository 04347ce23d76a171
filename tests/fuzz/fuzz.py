"""Coverage-guided fuzzing of the scanner's formats (atheris): `make fuzz`, or with FUZZ_SECONDS and FUZZ_FORMATS set.

Each format inspects whatever the fuzzer makes of the golden samples. It may raise what a format may raise; anything
else, a hang or too much memory stops the run and prints the input, which then becomes a case of the property tests.
"""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[1:1] = [str(ROOT / "tests"), str(ROOT / "src")]
FUZZER = ROOT / ".venv-fuzz" / "bin" / "python"
SECONDS = int(os.environ.get("FUZZ_SECONDS", "60"))
MEMORY_MIB = 2_048
HANG_SECONDS = 25
MAX_LENGTH = 64 << 10


def fuzz_one(name: str, corpus: str) -> None:
    """Fuzz one format until the time is up; never returns."""
    import atheris

    with atheris.instrument_imports(include=["entrepot.scan"]):
        from entrepot.scan.budget import Budget, Limits, OutOfBudget, Unreadable, Unrecognized
        from entrepot.scan.choice import formats
        from entrepot.scan.formats import Member
        from entrepot.scan.sample import Sample
        from entrepot.scan.source import BytesSource

        form = formats()[name]
    limits = Limits(seconds=10, bytes_read=64 << 20, bytes_unpacked=64 << 20, members=2_000, opcodes=2_000_000)

    def test(data: bytes) -> None:
        budget = Budget(limits)
        sample = Sample(f"sample{form.suffixes[0] if form.suffixes else ''}", BytesSource(data), budget)
        try:
            form.recognize(sample)
            for found in form.inspect(sample, budget):
                if isinstance(found, Member):
                    found.source.read(0, 4096)
        except (Unreadable, Unrecognized, OutOfBudget):
            pass

    options = [f"-max_total_time={SECONDS}", f"-max_len={MAX_LENGTH}", f"-timeout={HANG_SECONDS}"]
    artifacts = f"-artifact_prefix={corpus}/found-"
    atheris.Setup([sys.argv[0], *options, f"-rss_limit_mb={MEMORY_MIB}", "-verbosity=0", artifacts, corpus], test)
    atheris.Fuzz()


def run(name: str, corpus: Path) -> str | None:
    """Fuzz a format in a process of its own; what it printed, if it found something."""
    done = subprocess.run(
        [str(FUZZER), __file__, name, str(corpus)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS * 3 + 120,
        check=False,
    )
    if done.returncode == 0:
        return None
    inputs = [f"{path}: {path.read_bytes()[:2000]!r}" for path in corpus.glob("found-*")]
    return done.stdout.decode(errors="replace")[-4000:] + "\n".join(inputs)


def main() -> int:
    """Fuzz every format, two at a time; 1 where something was found."""
    from entrepot.scan.choice import formats
    from golden.pairs import seeds

    asked = os.environ.get("FUZZ_FORMATS", "").split() or sorted(formats())
    samples = [data for _, data in seeds() if len(data) <= MAX_LENGTH]
    broken = 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        corpora = []
        for name in asked:
            corpus = Path(folder) / name
            corpus.mkdir()
            for data in samples:
                (corpus / sha256(data).hexdigest()).write_bytes(data)
            corpora.append(corpus)
        for name, said in zip(asked, pool.map(run, asked, corpora), strict=True):
            print(f"{name}: {'nothing found' if said is None else said}", flush=True)
            broken += said is not None
    print(f"{len(asked)} formats fuzzed for {SECONDS} s each, {broken} with findings")
    return 1 if broken else 0


if __name__ == "__main__":
    if len(sys.argv) == 3:
        fuzz_one(sys.argv[1], sys.argv[2])
    else:
        sys.exit(main())
