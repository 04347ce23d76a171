"""Refusals as pages: what happened, what it means, what to do."""

from dataclasses import dataclass

from entrepot.domain import errors
from entrepot.domain.errors import EntrepotError
from entrepot.http.errors import look_up


@dataclass(frozen=True, slots=True)
class Refusal:
    """The status of an error, and what a person should know besides its own sentence."""

    status: int
    title: str
    meaning: str
    advice: str


TABLE: dict[type[EntrepotError], Refusal] = {
    EntrepotError: Refusal(
        500, "Something went wrong here", "It is not your doing.", "Try again; tell who runs this registry if it stays."
    ),
    errors.NotFound: Refusal(
        404,
        "There is nothing here",
        "It was never here, is gone, or is not for you to see.",
        "Check the address, or look for the name.",
    ),
    errors.Unauthenticated: Refusal(
        401, "Sign in first", "This is not for everybody.", "Sign in with a token or a password."
    ),
    errors.Forbidden: Refusal(
        403,
        "You may not do this",
        "You are known, and your token's scopes do not cover it.",
        "Ask an administrator for a token that does.",
    ),
    errors.Blocked: Refusal(
        403,
        "Policy blocks this",
        "A rule of this registry keeps it from everybody whom the rule meets.",
        "Open the decision to see which rule, and ask for a waiver if you need it.",
    ),
    errors.Invalid: Refusal(
        400, "That can't be right", "What was sent could not be used.", "Go back; what you typed is still there."
    ),
    errors.TooLarge: Refusal(413, "That is too much", "What was sent goes over a limit.", "Go back and send less."),
    errors.Conflict: Refusal(
        409, "That contradicts what is there", "Somebody else may have been faster.", "Look again, then decide."
    ),
    errors.NotReady: Refusal(
        503, "Not now", "The registry is busy with it, or waits for something.", "Try again in a moment."
    ),
    errors.Held: Refusal(
        429,
        "Not yet",
        "It is still being inspected, or a rule holds it until somebody has looked.",
        "Try again later. Where a rule holds it, open the decision, and ask for a waiver if you need it sooner.",
    ),
    errors.OutOfSpace: Refusal(
        507, "There is no space left", "Nothing can be kept at the moment.", "Ask who runs this registry for more."
    ),
    errors.UpstreamError: Refusal(
        502, "Upstream does not answer", "What is stored here is still there.", "Try again in a moment."
    ),
}
"""The table of errors, looked up along an error's ancestors."""


def status_of(error: EntrepotError | None) -> int:
    """The status of a page that shows the error beside what was typed; 200 for none."""
    return look_up(TABLE, error).status if error else 200
