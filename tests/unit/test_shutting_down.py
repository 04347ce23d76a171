"""The end of a server: everything is let go of, whatever is away at that moment."""

import asyncio
from pathlib import Path

import pytest
from starlette.applications import Starlette

from entrepot import app
from entrepot.catalog import instance
from entrepot.domain.errors import NotReady
from entrepot.operations.usage import Usage
from entrepot_testing import make_registry


def test_a_catalog_that_is_away_does_not_keep_the_rest_from_being_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(self: Usage, database: object) -> None:
        raise NotReady("the catalog can't be reached at the moment")

    async def live_and_end() -> None:
        registry = make_registry(tmp_path)
        monkeypatch.setattr(Usage, "write_down", away)
        async with app._lifespan(registry)(Starlette()):
            await registry.database.read(instance.read, instance.BEGUN)
        with pytest.raises(RuntimeError, match="shutdown"):
            await registry.database.read(instance.read, instance.BEGUN)

    asyncio.run(live_and_end())
