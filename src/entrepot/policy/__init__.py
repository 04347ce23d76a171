"""May it pass? Facts in, decision out; pure. `parse` reads a policy, `judge` applies policies to facts."""

from entrepot.policy.conditions import collected as conditions
from entrepot.policy.judging import judge
from entrepot.policy.parsing import default, parse
from entrepot.policy.rules import Clause, Policy, Rule

__all__ = ["Clause", "Policy", "Rule", "conditions", "default", "judge", "parse"]
