"""Prepare: a client that lists all files of a package is about to download them; look at them before it asks.

Clients wait for the list, and ask again when they are told to; for a file they don't wait for long.
"""

import asyncio
import time
from collections.abc import Sequence

from entrepot.domain.content import File, Folder
from entrepot.domain.errors import EntrepotError, Held
from entrepot.operations.browse import View
from entrepot.operations.case import Case
from entrepot.operations.inspection.inspect import inspect, known_reports, peek
from entrepot.operations.judge import is_indifferent
from entrepot.operations.registry import Registry

MOST_FILES = 100
"""A listing of more files is no preparation for a download of all of them that anybody could wait for."""
MOST_PREPARED = 200
"""How many packages may be under way; each outlives the request that it was for."""
AT_ONCE = 4
PATIENCE_SECONDS = 5.0
"""How long the list itself is kept back before the client is asked to come again."""
LONGEST_SECONDS = 180.0
"""After this long the list is given all the same, and files that are not ready are held one by one."""
AGAIN_SECONDS = (5, 10, 20, 30)


async def prepare(registry: Registry, here: View, items: Sequence[File | Folder]) -> None:
    """Go on once the files that nobody has looked at were looked at, or have been tried for long enough.

    Raises `Held` where that takes longer than a client waits for an answer.
    """
    if await is_indifferent(registry, here.case):
        return
    files = [item for item in items if isinstance(item, File)]
    known = await known_reports(registry, here.repository, files)
    unknown = [file for file, report in zip(files, known, strict=True) if report is None]
    if not 0 < len(unknown) <= MOST_FILES:
        return
    key = (here.revision.package.id, here.revision.commit.hex)
    under_way = registry.firewall.preparing.get(key)
    if under_way is None:
        if len(registry.firewall.preparing) >= MOST_PREPARED:
            raise Held(f"too many packages are being inspected before {here.revision.package.name}", after=30)
        task = asyncio.ensure_future(_look_at(registry, here.case, unknown))
        under_way = registry.firewall.preparing[key] = (task, time.monotonic())
        task.add_done_callback(lambda _: registry.firewall.preparing.pop(key, None))
    task, since = under_way
    done, _ = await asyncio.wait([task], timeout=PATIENCE_SECONDS)
    elapsed = time.monotonic() - since
    if not done and elapsed < LONGEST_SECONDS:
        after = next((pause for pause in AGAIN_SECONDS if pause >= elapsed), AGAIN_SECONDS[-1])
        name = here.revision.package.name
        raise Held(f"the files of {name} are being inspected; the list is ready in about {after} seconds", after=after)


async def _look_at(registry: Registry, case: Case, files: Sequence[File]) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def look(file: File) -> None:
        async with turns:
            try:
                if file.blob is not None:
                    await inspect(registry, file.blob, file.path.text, patient=True)
                else:
                    await peek(registry, case.repository, case.revision, file, patient=True)
            except (EntrepotError, OSError):
                return  # whoever asks for the file is told

    await asyncio.gather(*(look(file) for file in files))
