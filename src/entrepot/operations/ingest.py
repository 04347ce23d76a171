"""Ingest: see to it that a file's bytes can be had, by fetching them where they are not stored yet."""

from entrepot.domain.content import File, Revision
from entrepot.domain.errors import NotReady
from entrepot.domain.report import UNREAD, Report
from entrepot.operations.gate import Source
from entrepot.operations.registry import Registry
from entrepot.operations.stored import stored
from entrepot.repositories import Repository


async def ingest(
    registry: Registry, repository: Repository, revision: Revision, file: File
) -> tuple[File, Source, Report]:
    """The file with where its bytes come from, stored or still landing, and what a scan says of them.

    Raises `UpstreamError` where they can't be fetched, `NotReady` where they can't be kept, and `Corrupt` where
    upstream sends other bytes than it promised.
    """
    if file.blob is not None:
        return file, await stored(registry, file.blob), UNREAD
    raise NotReady(f"{file.path} is not stored yet")
