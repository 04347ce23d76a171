"""Publishers whose models everybody builds on, and names that are made to be taken for theirs."""

import unicodedata
from functools import cache, lru_cache

from entrepot.scan.text.links import differ_by_one

KNOWN = (
    "meta-llama facebook FacebookAI openai openai-community google google-bert google-t5 microsoft mistralai "
    "deepseek-ai Qwen nvidia Anthropic HuggingFaceH4 HuggingFaceTB huggingface bigscience bigcode stabilityai "
    "black-forest-labs EleutherAI tiiuae CohereLabs CohereForAI databricks mosaicml allenai apple ibm-granite ibm- "
    "research Salesforce sentence-transformers distilbert THUDM zai-org baichuan-inc 01-ai internlm moonshotai "
    "MiniMaxAI xai-org unsloth NousResearch runwayml CompVis tencent baidu ByteDance-Seed BAAI intfloat jinaai "
    "nomic-ai mixedbread-ai Snowflake TheBloke lmsys openbmb"
).split()
_TARGETS = (
    "meta-llama facebook microsoft mistralai stabilityai huggingface deepseek-ai anthropic eleutherai databricks"
).split()
"""Those long and wanted enough that one wrong letter is no accident of somebody else's name."""
_SAME = str.maketrans("аеорсухіјѕԁһӏкмтвнοαρνεικτυχı0135i|", "aeopcyxljsdhlkmtbhoapvelktuxlolesll")
"""Letters of other alphabets, and digits, by the Latin letter that they look like; l and i are one."""
_ENDS = "-_."
LONGEST = 100
"""Characters of a name; no publisher has as many."""


@lru_cache(maxsize=4096)
def imitated(publisher: str) -> str | None:
    """The known publisher that this name is made to be taken for; None where it is one of them, or like none."""
    name = publisher.lower()
    if len(name) > LONGEST or name in _spelled():
        return None
    if known := _spelled().get(name.strip(_ENDS)):
        return known
    known = _looking().get(_looks(name))
    if known:
        # Where the separators differ and nothing else does, it is how somebody else writes the same name.
        return None if name.translate(_UNSEPARATED) == known.lower().translate(_UNSEPARATED) else known
    return next((_spelled()[target] for target in _TARGETS if _is_misspelled(name, target)), None)


@cache
def _spelled() -> dict[str, str]:
    return {known.lower(): known for known in KNOWN}


@cache
def _looking() -> dict[str, str]:
    return {_looks(name): known for name, known in _spelled().items()}


_UNSEPARATED = str.maketrans("", "", _ENDS)


def _looks(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name).translate(_SAME)
    plain = "".join(char for char in folded if not unicodedata.combining(char)).translate(_UNSEPARATED)
    return plain.replace("rn", "m").replace("vv", "w")


def _is_misspelled(name: str, known: str) -> bool:
    plain, wanted = name.translate(_UNSEPARATED), known.translate(_UNSEPARATED)
    if not -1 <= len(plain) - len(wanted) <= 1:
        return False
    is_longer = len(plain) > len(wanted)
    # A letter more is somebody's own name (`metallama3`), unless it is one that is doubled.
    is_doubled = is_longer and any(
        plain[:at] + plain[at + 1 :] == wanted for at in range(1, len(plain)) if plain[at] == plain[at - 1]
    )
    return plain != wanted and differ_by_one(plain, wanted) and (not is_longer or is_doubled)
