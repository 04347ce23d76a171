"""Instructions to models that read a text, and to people who follow it: injection, jailbreaks, harmful advice."""

import re
from collections.abc import Iterator

from entrepot.domain.report import Finding
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.text import around, at

# In small letters, what a text has to hold for a pattern to find anything: one word of each group.
_KEYS = ("api key", "apikey", "api_key", "api-key")
_KNOWN = (
    "conversation",
    "chat history",
    "system prompt",
    "credential",
    "secret",
    "password",
    "environment var",
    "token",
)
_ASKED = ("if you are", "attention", "note to", "message to", "message for", "instruction", "dear")
_NEEDS = {
    "injection.override": (
        ("ignore", "disregard", "forget", "override", "bypass", "discard"),
        ("instruct", "prompt", "rule", "guideline", "direction", "context", "message", "polic", "training", "command"),
    ),
    "injection.addressed": (_ASKED,),
    "injection.exfiltrate": (
        ("send", "post", "upload", "exfiltrate", "transmit", "leak", "forward"),
        (*_KNOWN, *_KEYS),
        ("http", "@"),
    ),
    "jailbreak.prompt": (
        (
            "anything now", "dan mode", "mode enabled", "mode activated", "mode on", "unrestricted", "unfiltered",
            "uncensored", "amoral", "without any ",
        ),
    ),
}  # fmt: skip
_UNSEEN_NEEDS = ("<!--", "display", "font-size", "color", "visibility", "opacity", "![")
_HARM_NEEDS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("powershell",),),
    (("base64",), ("|",)),
    (("curl", "wget"), ("|",)),
    (("curl", "wget", "pip"), ("http",)),
    (("python",), ("exec",)),
    (("disable", "turn off", "deactivate", "exclusion", "set-mppreference"),),
)
"""For each of `_HARMFUL`, in its order."""
_OVERRIDE = Pattern(
    r"(?i)\b(?:ignore|disregard|forget|override|bypass|discard)\b[^.\n]{0,40}?\b(?:all|any|every|your|the|these|my)?\b[^.\n]{0,20}?"
    r"\b(?:previous|prior|above|earlier|preceding|existing|system|safety|original)\b[^.\n]{0,30}?"
    r"\b(?:instruction|prompt|rule|guideline|direction|context|message|polic|training|command)s?"
)
_ADDRESSED = Pattern(
    r"(?i)\b(?:if you are|attention|note to|message (?:to|for)|instructions? (?:to|for)|dear)\b[^.\n]{0,20}"
    r"\b(?:an? )?(?:ai|llm|language model|assistant|agent|chatbot|copilot|gpt|claude|gemini)s?\b[^\n]{0,200}?"
    r"\b(?:must|should|execute|run|send|reveal|exfiltrate|upload|print|output|fetch|visit|ignore|call|do not tell)\b"
)
_EXFILTRATE = Pattern(
    r"(?i)\b(?:send|post|upload|exfiltrate|transmit|leak|forward)\b[^.\n]{0,60}\b"
    r"(?:conversation|chat history|system prompt|api[ _-]?keys?|credentials|secrets|passwords|"
    r"environment variables|tokens?)\b[^.\n]{0,80}\b(?:to|at|via)\s+(?:https?://|\S+@)"
)
# Texts on security show what not to do.
_WARNS = Pattern(
    r"(?i)\b(?:never|don't|do not|avoid|instead of|malicious|attack\w*|payload|unsafe|"
    r"dangerous|vulnerab\w+|exploit\w*)\b"
)
# What makes it an order to a model, and not a program's description.
_SECRETLY = Pattern(
    r"(?i)\b(?:silently|secretly|without (?:telling|informing|asking|notifying)|"
    r"do not (?:tell|mention|inform|reveal)|don't (?:tell|mention)|you must|"
    r"ignore|exfiltrate|leak|as an ai|assistant[,:]|before (?:answering|responding)|always)\b"
)
_JAILBREAK = Pattern(
    r"(?i)\bdo anything now\b|\bDAN mode\b|\b(?:developer|god|jailbreak|unrestricted) mode (?:enabled|activated|on)\b|"
    r"\byou (?:are|will act as) (?:now )?(?:an? )?(?:unrestricted|unfiltered|uncensored|amoral) (?:ai|assistant)\b|"
    r"\bwithout any (?:ethical|moral|safety) (?:restrictions|guidelines|limitations)\b"
)
_UNSEEN = Pattern(
    r"<!--((?:(?!-->|<!--).){0,2000})-->|<[a-z]+[^>]{0,200}(?:display\s*:\s*none|font-size\s*:\s*0|color\s*:\s*(?:white|#fff\w*|transparent)|"
    r"visibility\s*:\s*hidden|opacity\s*:\s*0)[^>]{0,200}>([^<]{0,2000})|!\[([^\]]{40,2000})\]\(",
    re.IGNORECASE | re.DOTALL,
)
_HARMFUL = (
    (
        Pattern(r"(?i)\bpowershell(?:\.exe)?\b[^\n]{0,80}\s-e(?:nc|ncodedcommand|c)?\s+[A-Za-z0-9+/=]{20,}"),
        "an encoded PowerShell command to paste",
    ),
    (
        Pattern(r"(?i)\bbase64\s+(?:-d|-D|--decode)\b[^\n|]{0,100}\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b"),
        "a command that decodes a text and runs it",
    ),
    (
        Pattern(
            r"(?i)\b(?:curl|wget)\b[^\n|]{0,200}https?://\d{1,3}(?:\.\d{1,3}){3}[^\n|]{0,200}\|\s*(?:sudo\s+)?(?:(?:ba|z|da)?sh|python\d?)\b"
        ),
        "a command that runs what a bare address sends",
    ),
    (
        Pattern(
            r"(?i)(?:(?:ba|z|da)?sh\s+<\(\s*|(?:ba|z|da)?sh\s+-c\s+[\"']?\$\(\s*)(?:curl|wget)\b[^\n]{0,100}http://"
            r"|\b(?:curl|wget)\b[^\n|]{0,200}http://(?!localhost|127\.|0\.0)[^\n|]{0,200}\|\s*(?:sudo\s+)?(?:(?:ba|z|da)?sh|python\d?)\b"
            r"|\bpip3?\s+install\b[^\n]{0,200}(?:(?:--(?:extra-)?index-url|-i)[\s=]+http://(?!localhost|127\.|10\.|192\.168\.)|git\+http://)"
        ),
        "a command that runs or installs what anybody on the way can change",
    ),
    (
        Pattern(
            r"(?i)\bpython\d?\s+-c\s+[\"'][^\n]{0,100}\bexec\s*\([^\n]{0,200}(?:b64decode|fromhex|decompress|urlopen|requests\.get)"
        ),
        "a command that decodes or fetches code and runs it",
    ),
    (
        Pattern(
            r"(?i)\b(?:disable|turn off|deactivate|add an exclusion (?:in|to))\b[^.\n]{0,40}\b"
            r"(?:windows defender|antivirus|anti-virus|real-time protection|gatekeeper|"
            r"endpoint protection)\b|Set-MpPreference\s+-Disable"
        ),
        "advice to switch off protection",
    ),
)


def instructions(text: str, first_line: int) -> Iterator[Finding]:
    """Findings of the families `injection`, `jailbreak` and `advice`."""
    small = text.casefold()
    for match in _UNSEEN.finditer(text) if _has(small, _UNSEEN_NEEDS) else ():
        inner = match[1] or match[2] or match[3] or ""
        if inner and (order := _OVERRIDE.search(inner) or _ADDRESSED.search(inner) or _EXFILTRATE.search(inner)):
            message = "an instruction to models in a place that people don't see"
            where = at(text, match.start(), first_line)
            yield found("injection.unseen", message, evidence=around(inner, *order.span()), at=where)
    for rule, pattern, message in (
        ("injection.exfiltrate", _EXFILTRATE, "an instruction to send what a model knows to somebody"),
        ("injection.addressed", _ADDRESSED, "an instruction that is addressed to a model"),
        ("injection.override", _OVERRIDE, "an instruction to ignore what a model was told"),
        ("jailbreak.prompt", _JAILBREAK, "a prompt that is meant to take a model's limits away"),
    ):
        met = pattern.search(text) if all(_has(small, group) for group in _NEEDS[rule]) else None
        if met and (rule != "injection.exfiltrate" or _SECRETLY.search(around(text, *met.span(), reach=200))):
            yield found(rule, message, evidence=around(text, *met.span()), at=at(text, met.start(), first_line))
    for (pattern, message), needs in zip(_HARMFUL, _HARM_NEEDS, strict=True):
        met = pattern.search(text) if all(_has(small, group) for group in needs) else None
        if met and not _WARNS.search(text[max(0, met.start() - 80) : met.start()]):
            where = at(text, met.start(), first_line)
            yield found("advice.harmful", message, evidence=around(text, *met.span()), at=where)


def _has(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)
