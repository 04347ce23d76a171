"""What a confined process says of a sample is what the scanner says anywhere: it lacks nothing that it needs."""

import asyncio
from dataclasses import replace

from entrepot.domain.report import Report
from entrepot.domain.report_text import dump, load
from entrepot.operations.inspection.contents import BytesContent
from entrepot.operations.inspection.crew import Crew, Task
from entrepot.scan import Limits, Scanner, scan_bytes
from golden.pairs import Golden, goldens

LIMITS = Limits(seconds=60)


def _comparable(report: Report) -> Report:
    return replace(load(dump(report)), scanner="", sha256=None, bytes_read=0)


async def _differences(crew: Crew, golden: Golden) -> list[str]:
    families = tuple(golden.families)
    harmless = (golden.harmless(), golden.harmless_name or golden.name)
    found = []
    for data, name in ((golden.dangerous(), golden.name), harmless):
        free = scan_bytes(data, name, Scanner(LIMITS, frozenset(families)))
        confined = await crew.scan(Task(name, BytesContent(data), LIMITS, families))
        if _comparable(free) != _comparable(confined):
            found.append(f"{golden}: {free.verdict} {free.unread}, confined {confined.verdict} {confined.unread}")
    return found


def test_confined_the_scanner_says_the_same_of_every_sample() -> None:
    async def run() -> list[str]:
        crew = Crew(2, 1 << 30)
        try:
            found = await asyncio.gather(*(_differences(crew, golden) for golden in goldens()))
            return [said for differences in found for said in differences]
        finally:
            await crew.close()

    assert asyncio.run(run()) == []
