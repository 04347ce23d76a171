"""Keys and passwords that were left in a text: by the shapes that their issuers gave them, not by chance of letters."""

import math
from collections import Counter
from collections.abc import Iterator

from entrepot.domain.report import Finding
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.text import at

# What stands in every text with such a key, the shape, and the issuer: a text without is passed at memory's speed.
_SHAPES = (
    (("hf_",), Pattern(r"\bhf_[A-Za-z]{34,37}\b"), "a Hugging Face token"),
    (("AKIA", "ASIA"), Pattern(r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"), "an AWS access key"),
    (
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        Pattern(r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b"),
        "a GitHub token",
    ),
    (("glpat-",), Pattern(r"\bglpat-[A-Za-z0-9_-]{20,}\b"), "a GitLab token"),
    (("sk-ant-",), Pattern(r"\bsk-ant-[a-z0-9]{2,8}-[A-Za-z0-9_-]{80,}"), "an Anthropic key"),
    (
        ("T3BlbkFJ",),
        Pattern(r"\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,}"),
        "an OpenAI key",
    ),
    (("AIza",), Pattern(r"\bAIza[A-Za-z0-9_-]{35}\b"), "a Google API key"),
    (("ya29.",), Pattern(r"\bya29\.[A-Za-z0-9_-]{60,}"), "a Google access token"),
    (("xox",), Pattern(r"\bxox[abprs]-(?:\d{8,}-){1,3}[A-Za-z0-9-]{20,}"), "a Slack token"),
    (("k_live_",), Pattern(r"\b[rs]k_live_[A-Za-z0-9]{24,}\b"), "a Stripe key"),
    (("npm_",), Pattern(r"\bnpm_[A-Za-z0-9]{36}\b"), "an npm token"),
    (("pypi-AgEI",), Pattern(r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}"), "a PyPI token"),
    (("dop_v1_",), Pattern(r"\bdop_v1_[a-f0-9]{64}\b"), "a DigitalOcean token"),
    (("SG.",), Pattern(r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b"), "a SendGrid key"),
    (("AccountKey=",), Pattern(r"\bAccountKey=[A-Za-z0-9+/]{86}=="), "an Azure storage key"),
    (("wandb_v1_",), Pattern(r"\bwandb_v1_[A-Za-z0-9_-]{60,}"), "a Weights & Biases key"),
    (
        ("PRIVATE KEY",),
        Pattern(
            r"-----BEGIN (?:(?:RSA|EC|DSA|OPENSSH|ENCRYPTED|PGP) )?PRIVATE KEY(?: BLOCK)?-----"
            r"\s*(?:\\n)?[A-Za-z0-9+/=\s\\]{64,}"
        ),
        "a private key",
    ),
)
_GENERIC = Pattern(
    r"""(?i)\b(?:api[_-]?key|secret|passw(?:or)?d|auth[_-]?token|access[_-]?token|client[_-]?secret)\b["']?\s*[:=]\s*["']([^"'\s]{12,120})["']"""
)
_EXAMPLE = Pattern(
    r"(?i)example|xxxx|your|dummy|placeholder|changeme|test|sample|fake|redacted|\*{3}|<|\$\{|0{6}|1234567|abcdef"
)
_LEAST_ENTROPY = 3.0
"""Bits a character; words and placeholders have less, drawn keys have four and more."""


def secrets(text: str, first_line: int, *, generic: bool) -> Iterator[Finding]:
    """Findings of the family `secrets`; `generic` adds what only a name gives away."""
    for hints, shape, what in _SHAPES:
        for match in shape.finditer(text) if any(hint in text for hint in hints) else ():
            if is_drawn(match[0]):
                message = f"{what} that everybody who has the file can use"
                yield found("secrets.key", message, evidence=masked(match[0]), at=at(text, match.start(), first_line))
    if generic:
        for match in _GENERIC.finditer(text):
            if is_drawn(match[1]):
                message = "a value that its name calls a secret"
                evidence = text[match.start() : match.start(1)] + masked(match[1])
                yield found("secrets.generic", message, evidence=evidence, at=at(text, match.start(), first_line))


def is_drawn(value: str) -> bool:
    """Whether the characters look drawn at random, and not written as an example."""
    if _EXAMPLE.search(value):
        return False
    body = value[-40:]
    counts = Counter(body).values()
    return -sum(count / len(body) * math.log2(count / len(body)) for count in counts) >= _LEAST_ENTROPY


def masked(secret: str) -> str:
    """The secret's beginning: enough to find it, too little to use it."""
    secret = secret.splitlines()[0]
    return f"{secret[:8]}… ({len(secret)} characters)"
