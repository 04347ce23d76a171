"""How long ago the commit was made."""

from entrepot.policy.ages import reader
from entrepot.policy.conditions import About, Condition

CONDITION = Condition(
    "commit_age",
    About.PACKAGE,
    reader(lambda package: package.committed_at),
    "how old the commit is that is asked for: `commit_age.below`, `commit_age.above`; its author chose the date. Never "
    "fits what was made here",
    'commit_age.below = "2d"',
    says="this commit of {subject} is {value} old",
)
