"""Texts of people: what every database can keep and every client can read."""

from entrepot.domain.errors import Invalid, TooLarge


def checked(text: str, what: str, longest: int) -> str:
    """The text; raises `Invalid`, naming `what` it is, for a zero, a lone surrogate, or more characters than that."""
    if len(text) > longest:
        raise TooLarge(f"{what} has more than {longest} characters")
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise Invalid(f"{what} has a zero or half a character in it: {text[:80]!r}")
    return text
