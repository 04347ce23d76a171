"""What listings promise is what the gate does."""

from pathlib import Path

import pytest

from entrepot.domain.door import Door
from entrepot.domain.errors import Blocked
from entrepot.operations import browse
from entrepot.operations.browse import Question
from entrepot.operations.forecast import outlooks
from entrepot.operations.registry import Registry
from entrepot_testing import READER, rule_about, run
from firewalled import KEY, NAME, NO_MALWARE, a_firewall, ask

NO_BINARIES = rule_about('path = ["*.bin"]', name="no binaries")


async def promises(registry: Registry) -> bool:
    here = await browse.view(registry, Question(KEY, NAME, READER, Door.TREE), "main")
    (known,) = (await outlooks(registry, here, await browse.files(here))).values()
    return known.passes


@pytest.mark.parametrize(
    ("policy", "expected"), [("", True), (NO_MALWARE, False), (NO_BINARIES, False), (rule_about('path = ["x"]'), True)]
)
def test_where_nothing_is_scanned_nothing_is_promised_that_is_refused(
    tmp_path: Path, policy: str, expected: bool
) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path, policy, scanning="off") as (fake, registry):
            fake.add("org/model", {"model.bin": b"hello"}, lfs=True)
            assert await promises(registry) is expected
            if expected:
                assert await ask(registry)
            else:
                with pytest.raises(Blocked):
                    await ask(registry)

    run(test)
