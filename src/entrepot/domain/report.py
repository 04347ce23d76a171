"""What a scan says of one file: its findings, how much was looked at, and what follows from both."""

from collections.abc import Sequence
from enum import StrEnum

from entrepot.domain.values import dataclass


class Coverage(StrEnum):
    """How much of the bytes was looked at. Not read is not clean."""

    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"


class Severity(StrEnum):
    """How much harm a finding stands for; `rank` orders them."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low up to 3 for critical."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Confidence(StrEnum):
    """How sure the scanner is that the finding is what it says."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Category(StrEnum):
    """The eleven risks of AI artifacts; the first two can't be seen in a file and are never a finding's."""

    HALLUCINATION = "hallucination"
    BIAS = "bias"
    MALWARE = "malware"
    DATA_POISONING = "data-poisoning"
    COPYRIGHT = "copyright"
    MALICIOUS_URLS = "malicious-urls"
    JAILBREAK = "jailbreak"
    INDIRECT_PROMPT_INJECTION = "indirect-prompt-injection"
    MALICIOUS_INSTRUCTIONS = "malicious-instructions"
    PRIVATE_INFORMATION = "private-information"
    FORGED_PROVENANCE = "forged-provenance"


class Capability(StrEnum):
    """Whether loading the file with its usual loader can run code that the file chooses; apart from any harm."""

    NO = "no"
    ALLOWED_IMPORTS = "only with allow-listed imports"
    YES = "yes"


class Verdict(StrEnum):
    """What follows from findings and coverage. Only what was read in full can be clean."""

    CLEAN = "clean"
    UNKNOWN = "unknown"
    SUSPICIOUS = "suspicious"
    MALICIOUS = "malicious"


@dataclass(frozen=True, slots=True)
class Location:
    """Where a finding is: the member of a container (outermost first, joined by `!`), and the place in its bytes."""

    member: str = ""
    offset: int | None = None
    opcode: int | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason to worry. `evidence` and `message` hold what a stranger wrote: escape them where they are shown."""

    rule: str
    severity: Severity
    confidence: Confidence
    category: Category
    location: Location
    message: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """Bytes that were not looked at, and why: what keeps a report from full coverage."""

    reason: str
    offset: int | None = None
    size: int | None = None
    member: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What one scanner version says of one file's bytes."""

    scanner: str
    coverage: Coverage
    formats: Sequence[str] = ()
    findings: Sequence[Finding] = ()
    unread: Sequence[Unread] = ()
    capability: Capability = Capability.NO
    size: int = 0
    sha256: str | None = None
    bytes_read: int = 0

    @property
    def verdict(self) -> Verdict:
        """Malicious from high on, suspicious from medium on; below that, clean if everything was read."""
        worst = max((finding.severity.rank for finding in self.findings), default=-1)
        if worst >= Severity.HIGH.rank:
            return Verdict.MALICIOUS
        if worst >= Severity.MEDIUM.rank:
            return Verdict.SUSPICIOUS
        return Verdict.CLEAN if self.coverage is Coverage.FULL else Verdict.UNKNOWN


UNREAD = Report(scanner="", coverage=Coverage.NONE)
