"""Addresses: where pages about a package stand, so that every page can link to them."""

from urllib.parse import quote


def package_url(repository: str, package: str, tab: str = "") -> str:
    """The page of a package, written with its type as decisions do: `model/org/name`."""
    kind, _, name = package.partition("/")
    base = f"/packages/{quote(repository, safe='')}/{quote(kind, safe='')}s/{quote(name)}"
    return f"{base}?tab={quote(tab)}" if tab else base


def file_url(repository: str, package: str, ref: str, path: str) -> str:
    """The page of one file of a package at a ref."""
    return f"{package_url(repository, package)}?ref={quote(ref, safe='')}&path={quote(path, safe='')}"


def policy_url(name: str) -> str:
    """The page of a policy."""
    return f"/policies/{quote(name, safe='')}"
