"""Plain text: what a stranger wrote, with what can't be seen written out."""


def plain(text: object) -> str:
    """The text with characters that steer, hide or turn it around written as their number; lines and tabs stay."""
    return "".join(char if char.isprintable() or char in "\n\t" else _written(char) for char in str(text))


def _written(char: str) -> str:
    # Spaces of other widths, joiners of emoji and line ends of other systems do no harm.
    if char.isspace():
        return "" if char == "\r" else " "
    return char if char in "\u200d\ufe0f\u00ad" else f"‹U+{ord(char):04X}›"
