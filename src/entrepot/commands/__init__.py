"""What an operator types: each module offers `COMMAND`."""


class Failed(Exception):
    """The command could not do what it was asked; the message says why and what to do."""


class Wrong(Failed):
    """The command was called in a way that makes no sense."""
