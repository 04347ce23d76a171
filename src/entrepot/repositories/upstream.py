"""Upstream: what a remote repository asks of the outside registry that it stands for."""

from typing import Protocol


class Upstream(Protocol):
    """An outside registry. Redirects are followed here; nothing that it says is passed on unread."""
