"""What an operator types: each module offers `COMMAND`; its name is the module's, with dashes for underscores."""

DRAWER = __name__

CONTRACT = ("asking", "bill_of_models", "licensed", "opening", "output", "policing", "scanning")
"""What the commands share: how a server is asked, how a registry is opened here, and how answers are shown."""


class Failed(Exception):
    """The command could not do what it was asked; the message says why and what to do."""


class Wrong(Failed):
    """The command was called in a way that makes no sense."""


def plain(text: str) -> str:
    """The text without control characters: what came from outside has no business with a terminal."""
    return "".join(char if char.isprintable() else "�" for char in text)
