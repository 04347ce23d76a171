"""How a command opens the registry of this machine, rather than asking a server."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from entrepot import app, settings
from entrepot.catalog import instance
from entrepot.commands import Failed
from entrepot.operations.registry import Registry

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


def data_options(function: F) -> F:
    """The options `--data` and `--config`, as `entrepot serve` has them."""
    file = click.option("--config", "file", type=click.Path(path_type=Path), help="A TOML file of settings.")(function)
    return click.option("--data", metavar="DIR", help="The data folder (default: ./data).")(file)


def with_registry(data: str | None, file: Path | None, work: Callable[[Registry], Awaitable[T]]) -> T:
    """What the work returns, with the registry of these settings; a server may be using it at the same time.

    Raises `Failed` where there is no registry yet.
    """
    chosen = settings.read(file=file, data=data)
    if not chosen.database and not (chosen.data_folder / "entrepot.db").exists():
        raise Failed(f"there is no registry in {chosen.data_folder}; name its folder with --data")

    async def run() -> T:
        registry = app.build(chosen)
        try:
            if not await registry.database.read(instance.is_there):
                raise Failed(f"there is no registry in {registry.database.name} yet; 'entrepot serve' makes one")
            return await work(registry)
        finally:
            await app.close(registry)

    return asyncio.run(run())
