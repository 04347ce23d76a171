"""Packages and files on the web: found, looked at by ranges, and how many bytes that took."""

from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatch
from urllib.parse import urlsplit

from entrepot.commands.scanning.crew import not_looked_at, with_fault
from entrepot.commands.scanning.remote import RangeSource, RemoteFile, Web, files_at
from entrepot.domain.scanned import ScannedFile
from entrepot.scan.engine import Scanner
from entrepot.scan.source import Unavailable
from entrepot.settings import hub_endpoint, hub_token


def look_elsewhere(
    address: str, scanner: Scanner, exclude: tuple[str, ...], fetched: list[int]
) -> Iterator[ScannedFile]:
    """The reports on what an address stands for; how many bytes were fetched is added to `fetched`."""
    endpoint = hub_endpoint()
    parts = urlsplit(endpoint)
    # The token is the hub's; other addresses get none.
    web = Web(hub_token() if address.startswith("hf://") else "", f"{parts.scheme}://{parts.netloc}")
    # A digest needs every byte, and would be the only reason to fetch them.
    scanner = scanner if scanner.hashed is None else replace(scanner, hashed=0, searches=False)
    try:
        for file in files_at(address, web, endpoint):
            if not any(fnmatch(file.path, pattern) for pattern in exclude):
                yield _look(file, web, scanner)
    finally:
        web.close()
        fetched.append(web.fetched)


def _look(file: RemoteFile, web: Web, scanner: Scanner) -> ScannedFile:
    try:
        return with_fault(file.path, scanner.scan(file.path, RangeSource(web, file.url)))
    except (OSError, Unavailable) as error:
        return not_looked_at(file.path, f"can't be fetched: {error}")
