"""Personal data in samples: what has a shape and a check digit. Off by default, since honest texts have addresses."""

from collections.abc import Iterator

from entrepot.domain.report import Finding
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.text import at
from entrepot.scan.text.secrets import masked

_MAIL = Pattern(r"\b[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,12}\b")
_CARD = Pattern(
    r"(?<![\d.])(?:4\d{3}|5[1-5]\d{2}|3[47]\d{2}|6011|2[2-7]\d{2})[ -]?\d{4}[ -]?\d{4}[ -]?\d{2,4}(?![\d.])"
)
_IBAN = Pattern(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_SOCIAL = Pattern(r"(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_PHONE = Pattern(r"(?<![\w.+])\+[1-9]\d{0,2}[ .-]?(?:\(?\d{2,4}\)?[ .-]?){2,4}\d{2,4}(?![\w.])")
_NOT_PERSONAL = Pattern(
    r"(?i)@(?:example\.|test\.|localhost|users\.noreply\.)|^(?:noreply|no-reply|info|support|git|contact)@"
)


def personal(text: str, first_line: int) -> Iterator[Finding]:
    """Findings of the family `privacy`: the first of each kind in a text, with how many there are."""
    for rule, what, matches in (
        ("privacy.mail", "mail addresses", [m for m in _MAIL.finditer(text) if not _NOT_PERSONAL.search(m[0])]),
        ("privacy.card", "numbers of payment cards", [m for m in _CARD.finditer(text) if luhn(m[0])]),
        ("privacy.account", "bank account numbers (IBAN)", [m for m in _IBAN.finditer(text) if iban(m[0])]),
        ("privacy.social-security", "US social security numbers", list(_SOCIAL.finditer(text))),
        ("privacy.phone", "telephone numbers", list(_PHONE.finditer(text))),
    ):
        if matches:
            first = matches[0]
            where = at(text, first.start(), first_line)
            message = f"{what}, {len(matches)} from line {where.line} on"
            yield found(rule, message, evidence=masked(first[0]), at=where)


def luhn(number: str) -> bool:
    """Whether the check digit of a card number is right (ISO/IEC 7812)."""
    digits = [int(char) for char in number if char.isdigit()][::-1]
    return sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2]) in range(10, 1000, 10)


def iban(number: str) -> bool:
    """Whether the check digits of a bank account number are right (ISO 13616)."""
    plain = number.replace(" ", "")
    moved = plain[4:] + plain[:4]
    return 15 <= len(plain) <= 34 and int("".join(str(int(char, 36)) for char in moved)) % 97 == 1
