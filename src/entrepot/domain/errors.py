"""What can go wrong, as one tree without status codes; each protocol has a table for it.

    EntrepotError
    ├── NotFound
    │   ├── RepositoryNotFound
    │   ├── PackageNotFound
    │   ├── RevisionNotFound
    │   └── FileNotFound          knows the commit that lacks it, or the decision that withdrew it
    ├── Unauthenticated           no token where one is needed, or one that is not valid
    ├── Forbidden                 known, and not allowed to
    ├── Blocked                   policy says no; knows the decision
    │   └── Refused               policy does not let this in
    ├── Invalid                   what was sent is malformed; the message says where
    │   ├── TooLarge
    │   └── WrongPolicy           knows the line
    ├── Conflict
    │   ├── AlreadyExists         knows what stands there
    │   └── StaleParent           somebody else moved the branch
    ├── RangeNotSatisfiable       knows the size there is
    ├── NotReady                  try again; knows when
    │   └── Held                  not yet: somebody is still looking, or has to; may know the decision
    ├── OutOfSpace                there is no room for what should be kept
    ├── Corrupt                   stored or received bytes are not what they should be
    └── UpstreamError
        ├── UpstreamUnavailable   down, slow, or broken off
        └── UpstreamRefused       it answered, and said no

Messages are written for the person who reads them and name what was asked for.
"""


class EntrepotError(Exception):
    """The root: everything that the registry says no with."""

    @property
    def message(self) -> str:
        """The sentence that a person should read."""
        return str(self)


class NotFound(EntrepotError):
    """There is no such thing, or the caller may not know of it."""


class RepositoryNotFound(NotFound):
    """No repository has that key, or the caller may not read it."""


class PackageNotFound(NotFound):
    """The repository has no such package, or the caller may not read it."""


class RevisionNotFound(NotFound):
    """The package has no branch, tag or commit of that name."""


class FileNotFound(NotFound):
    """The revision has no such file or folder, or none any more: then `decision` is the one that withdrew it."""

    def __init__(self, message: str, commit: str | None = None, decision: str = "") -> None:
        super().__init__(message)
        self.commit = commit
        self.decision = decision


class Unauthenticated(EntrepotError):
    """No token was sent where one is needed, or the one that was sent is not valid."""


class Forbidden(EntrepotError):
    """The caller is known, may read, and may not do this."""


class Blocked(EntrepotError):
    """Policy keeps this from the caller; `decision` is the id under which it was written down."""

    def __init__(self, message: str, decision: str = "") -> None:
        super().__init__(message)
        self.decision = decision


class Refused(Blocked):
    """Policy does not let this in: nothing of it is visible."""


class Invalid(EntrepotError):
    """What was sent is malformed; the message says what and where."""


class TooLarge(Invalid):
    """What was sent goes over a limit; the message names it."""


class WrongPolicy(Invalid):
    """A policy that can't be used; `line` is where, or None where the text as a whole is wrong."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message if line is None else f"line {line}: {message}")
        self.line = line


class Conflict(EntrepotError):
    """What is asked for contradicts what is there."""


class AlreadyExists(Conflict):
    """The name is taken."""


class StaleParent(Conflict):
    """The branch has moved on since the caller looked."""


class RangeNotSatisfiable(EntrepotError):
    """The range lies outside the file; `size` is how long the file is."""

    def __init__(self, message: str, size: int) -> None:
        super().__init__(message)
        self.size = size


class NotReady(EntrepotError):
    """Not now; `after` seconds from now is a good time to ask again."""

    def __init__(self, message: str, after: int = 1) -> None:
        super().__init__(message)
        self.after = after


class Held(NotReady):
    """Not yet: it is being inspected, or waits for a person; `decision` is the id that it was written down under."""

    def __init__(self, message: str, after: int = 10, decision: str = "") -> None:
        super().__init__(message, after)
        self.decision = decision


class OutOfSpace(EntrepotError):
    """There is no room for what should be kept; somebody has to make some."""


class Corrupt(EntrepotError):
    """Bytes are not what their name promises; they are kept from everybody."""


class UpstreamError(EntrepotError):
    """The outside registry could not answer, or would not."""


class UpstreamUnavailable(UpstreamError):
    """Upstream is down, slow or broke off; `after` seconds from now may be better."""

    def __init__(self, message: str, after: int = 5) -> None:
        super().__init__(message)
        self.after = after


class UpstreamRefused(UpstreamError):
    """Upstream answered and said no: `status`, and `code` where it named one."""

    def __init__(self, message: str, status: int, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class WrongSetting(Exception):
    """A setting has a value that can't be used; the message names it and says where it came from."""
