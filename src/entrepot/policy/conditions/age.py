"""How long ago the package was made."""

from entrepot.policy.ages import reader
from entrepot.policy.conditions import About, Condition

CONDITION = Condition(
    "age",
    About.PACKAGE,
    reader(lambda package: package.created_at),
    "how long the package has been there: `age.below`, `age.above`; in hours, days or weeks. Never fits what was made "
    "here",
    'age.below = "14d"',
    says="{subject} is {value} old",
)
