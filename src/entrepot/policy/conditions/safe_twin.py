"""Whether the same weights are there in a format that can't run code."""

from entrepot.policy.conditions import About, Answer, Condition, Test
from entrepot.policy.facts import Facts
from entrepot.policy.twins import twin
from entrepot.policy.wanted import flag


def _read(wanted: object) -> Test:
    meant = flag(wanted)

    def test(facts: Facts, _: str) -> Answer:
        if facts.package.paths is None:
            return None, "the other files are not known"
        found = twin(facts.path, facts.package.paths)
        return bool(found) is meant, found or "none"

    return test


CONDITION = Condition(
    "safe_twin",
    About.FILE,
    _read,
    "whether the revision has the same weights as safetensors or GGUF, going by names: `pytorch_model.bin` and "
    "`model.safetensors`, `x.pt` and `x.safetensors`; of weights in several files all have to be there",
    "safe_twin = true",
    says="a safe twin of {subject}: {value}",
)
