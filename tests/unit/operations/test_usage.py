"""What was counted is written down once, and is not lost while the catalog is away."""

from pathlib import Path

import pytest

from entrepot.catalog import packages
from entrepot.domain.errors import NotReady
from entrepot.domain.names import PackageName, PackageType
from entrepot_testing import add_repository, close_registry, make_registry, run


def test_downloads_are_counted_once_also_when_the_catalog_was_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        registry = make_registry(tmp_path)
        row = add_repository(registry, "models")
        name = PackageName(PackageType.MODEL, "ada", "model")
        package = registry.database.now(packages.create, row.id, name, private=False)
        registry.usage.count(package)

        async def away(*_: object) -> None:
            raise NotReady("the catalog can't be reached")

        with monkeypatch.context() as patch:
            patch.setattr(registry.database, "write", away)
            with pytest.raises(NotReady):
                await registry.usage.write_down(registry.database)
        registry.usage.count(package)
        for _ in range(2):
            await registry.usage.write_down(registry.database)
        assert registry.database.now(packages.by_id, package.id).downloads == 2
        await close_registry(registry)

    run(test)
