"""Which license a LICENSE file is, by its title, and by phrases that its text alone has."""

import re

from entrepot.domain.licensing import Declaration, Family, Standing, Where
from entrepot.licenses.expressions import read
from entrepot.licenses.phrases import MAX_TEXT, Words, words_of
from entrepot.licenses.table import Entry, entries

UNRECOGNIZED = "unrecognized-text"
"""Stands among the alternatives for a license file that is none we know: a policy may allow it by this name."""
FURTHER_TERMS = "further-terms"
"""Stands beside a license to whose text something was added that restricts it."""

MAX_SHOWN = 200
_MAX_NAME_WORDS = 12
_MAX_FOUND = 16
# A long text that mentions a license is another one.
_MAX_NOTICE_WORDS = 400

_FILE = re.compile(
    r"""(?x)
    (?: [\w.\ -]* (?: licen[sc]es? | copying | eula | terms[_-]of[_-]use ) (?: [_.\ -] [\w.\ -]* )?
      | notice | (?: [\w.-]+ [_-] )? use[_-]policy )
    (?: \. (?: txt | md | rst | html? ) )?
    """
)
_NOT_TEXT = re.compile(r"\.(?:py|json|ya?ml|toml|js|ts|c|cc|cpp|h|go|rs|safetensors|bin|pt|png|svg|pdf|spdx|tsv|csv)$")
_OTHERS = re.compile(r"third|3rd|party|depend|vendor")
_ASIDE = re.compile(r"notice|policy")
# What stands beside a free license and takes freedom away says so in one of these words.
_RESTRICTING = re.compile(
    r" (?:must|shall|may not|not allowed|not permitted|is permitted only|provided that|conditions?|restrict(?:ed|ions?)"
    r"|forbid(?:s|den)?|prohibit(?:s|ed)?|non ?commercial|commercial (?:use|purposes?)|only for|purposes only|use only"
    r"|royalt(?:y|ies)|except (?:that|for)|exclud(?:es|ed|ing)|is used with|monthly active users|prominently display"
    r"|without (?:the )?permission|written (?:consent|agreement)|not (?:be )?(?:sold|resold)) "
)
# Copyright lines, pointers and the notices that licenses themselves give as an example say such things, too.
_INNOCENT = (
    "you may not use this file except in compliance with the license",
    "you may not use this file except in compliance with the apache license",
    "commercial or non commercial",
    "is subject to the following terms and conditions",
    "warranties or conditions of any kind",
    "end of terms and conditions",
    "see the license file for conditions",
)
_FREE = (Family.PUBLIC_DOMAIN, Family.PERMISSIVE)


def is_license_file(path: str) -> bool:
    """Whether a file of that path is there to say under which license the package stands.

    Lists of the licenses of what others wrote (`THIRD_PARTY_LICENSES`) are not.
    """
    name = path.rpartition("/")[2].casefold()
    if len(name) > MAX_SHOWN or _NOT_TEXT.search(name) or _OTHERS.search(name):
        return False
    return _FILE.fullmatch(name) is not None


def of_text(text: str, place: str) -> Declaration | None:
    """Which license the text of a license file is; several, if it has several.

    None where it says nothing: an empty file, a notice or a policy that names no license. A text that isn't
    recognized is a license of its own.
    """
    words = words_of(text)
    if not words.count:
        return None
    shown = " ".join(text[: 4 * MAX_SHOWN].split())[:MAX_SHOWN]
    if words.count <= _MAX_NAME_WORDS and (named := read(text)) and not named.unknown:
        return Declaration(Where.FILE, place, shown, named.ids, Standing.KNOWN, named.text, named.alternatives)
    found = _found(words)
    if not found and _ASIDE.search(place.rpartition("/")[2].casefold()):
        return None
    if not found:
        return Declaration(Where.FILE, place, shown, (), Standing.OTHER, "", ((UNRECOGNIZED,),))
    if len(text) > MAX_TEXT or _is_restricted(words, found):
        return Declaration(Where.FILE, place, shown, found, Standing.OTHER, "", ((*found, FURTHER_TERMS),))
    return Declaration(Where.FILE, place, shown, found, Standing.KNOWN, " AND ".join(found), (found,))


def _found(words: Words) -> tuple[str, ...]:
    matching = [entry for entry in entries().values() if _is_text_of(words, entry)]
    if not matching and words.count <= _MAX_NOTICE_WORDS:
        matching = [entry for entry in entries().values() if any(map(words.has, entry.notices))]
    repeated = {license_id for entry in matching for license_id in entry.over}
    return tuple(entry.license.id for entry in matching if entry.license.id not in repeated)[:_MAX_FOUND]


def _is_text_of(words: Words, entry: Entry) -> bool:
    if not any(map(words.is_titled, entry.titles)) and not any(all(map(words.has, text)) for text in entry.texts):
        return False
    return not any(map(words.has, entry.without))


def _is_restricted(words: Words, found: tuple[str, ...]) -> bool:
    """Whether there is more in a free license's text than the license: clauses amid it, or restrictions beside it."""
    known = [entries()[license_id] for license_id in found]
    if any(entry.license.family not in _FREE or not entry.license.spdx for entry in known):
        return False
    text = words.text
    for entry in known:
        if entry.starts:
            text, is_longer = _without_body(text, entry)
            if is_longer:
                return True
        elif entry.titles or entry.texts:
            return False  # its text is not told from what stands beside it
    for phrase in _INNOCENT:
        text = text.replace(f" {phrase} ", " ")
    return _RESTRICTING.search(text) is not None


def _without_body(text: str, entry: Entry) -> tuple[str, bool]:
    """The text without the license's own, wherever it stands, and whether one of them is longer than the license."""
    kept = []
    for _ in range(_MAX_FOUND):
        begins = text.find(f" {entry.starts} ")
        ends = text.find(f" {entry.ends} ", begins) if begins >= 0 else -1
        if ends < 0:
            break
        ends += len(entry.ends) + 1
        if text.count(" ", begins, ends) > entry.length + entry.slack:
            return text, True
        kept.append(text[:begins])
        text = text[ends:]
    return " ".join((*kept, text)), False
