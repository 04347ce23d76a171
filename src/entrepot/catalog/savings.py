"""What was blocked for the first time, by month: one row of counts from the record of decisions."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from sqlalchemy import Connection, and_, case, func, select

from entrepot.catalog.firewall_tables import decisions
from entrepot.domain.decision import Effect
from entrepot.domain.door import Door


def first_blocked(connection: Connection, moments: Sequence[datetime]) -> list[int]:
    """How many packages were blocked for the first time ever between each moment and the next; uploads don't count."""
    first = (
        select(decisions.c.package, func.min(decisions.c.at).label("at"))
        .where(decisions.c.effect == Effect.BLOCK.value, decisions.c.door != Door.UPLOAD.value)
        .group_by(decisions.c.package)
        .subquery()
    )
    counts = [
        func.coalesce(func.sum(case((and_(first.c.at >= begins, first.c.at < ends), 1), else_=0)), 0)
        for begins, ends in pairwise(moments)
    ]
    return [int(count) for count in connection.execute(select(*counts)).one()]
