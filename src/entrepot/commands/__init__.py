"""What an operator types: each module offers `COMMAND`."""

CONTRACT = ("asking", "opening", "output")
"""What the commands share: how a server is asked, how a registry is opened here, and how answers are shown."""


class Failed(Exception):
    """The command could not do what it was asked; the message says why and what to do."""


class Wrong(Failed):
    """The command was called in a way that makes no sense."""
