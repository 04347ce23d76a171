"""Tokens: found by their secret alone, for as long as they hold."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from entrepot.catalog import access, tables
from entrepot.catalog.access import NewToken
from entrepot.catalog.database import Database
from entrepot.catalog.moments import now
from entrepot.domain.actor import Action, Grant
from entrepot.domain.errors import Invalid, NotFound
from entrepot.domain.names import RepositoryKey

READ = (Grant("models", frozenset({Action.READ})),)
SECRET = "hf_secret"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'catalog.db'}", readers=1)
    tables.metadata.create_all(made.engine)
    yield made
    made.close()


def test_a_token_leads_to_its_user_and_grants(database: Database) -> None:
    made = database.now(access.create_token, NewToken(SECRET, "laptop", "ada", READ))
    found = database.now(access.actor, SECRET)
    assert found is not None
    assert (found.name, found.token_id, found.token_name, found.grants) == ("ada", made.id, "laptop", READ)
    assert found == database.now(access.actor_of, made.id)
    assert found.may(Action.READ, RepositoryKey("models"))
    assert not found.may(Action.WRITE, RepositoryKey("models"))
    assert not found.may(Action.READ, RepositoryKey("other"))


@pytest.mark.parametrize("secret", ["", "hf_secre", "hf_secret ", "HF_SECRET", "\ud800", "\0", "%"])
def test_no_other_secret_leads_anywhere(database: Database, secret: str) -> None:
    database.now(access.create_token, NewToken(SECRET, "laptop", "ada", READ))
    assert database.now(access.actor, secret) is None


def test_the_catalog_does_not_know_the_secret(database: Database, tmp_path: Path) -> None:
    database.now(access.create_token, NewToken(SECRET, "laptop", "ada", READ))
    hashes = database.now(lambda c: c.execute(select(tables.tokens.c.hash)).scalars().all())
    assert hashes == [access.hash_of(SECRET)]
    assert not any(SECRET.encode() in path.read_bytes() for path in tmp_path.iterdir())


def test_a_token_that_comes_of_one_that_has_ended_is_not_made(database: Database) -> None:
    parent = database.now(access.create_token, NewToken("parent", "t", "ada", READ))
    child = database.now(access.create_token, NewToken("child", "t", "ada", READ, made_by="ada", parent=parent.id))
    grandchild = NewToken("grandchild", "t", "ada", READ, made_by="ada", parent=child.id)
    assert database.now(access.create_token, grandchild).parent == child.id
    other = database.now(access.create_token, NewToken("other", "t", "ada", READ, made_by="root"))
    database.now(access.revoke, parent.id)
    for secret in ("parent", "child", "grandchild"):
        assert database.now(access.actor, secret) is None
    assert database.now(access.actor_of, other.id) is not None
    with pytest.raises(Invalid, match="no longer valid"):
        database.now(access.create_token, NewToken("late", "t", "ada", READ, parent=child.id))
    # Ended by themselves, they leave the one they came of as it is.
    again = database.now(access.create_token, NewToken("again", "t", "ada", READ, parent=other.id))
    database.now(access.revoke, again.id)
    assert database.now(access.actor_of, other.id) is not None


def test_a_token_ends_when_it_expires_is_revoked_or_its_user_is_disabled(database: Database) -> None:
    over = NewToken("over", "t", "ada", READ, now() - timedelta(seconds=1))
    database.now(access.create_token, over)
    assert database.now(access.actor, "over") is None
    revoked = database.now(access.create_token, NewToken("revoked", "t", "ada", READ, now() + timedelta(days=1)))
    assert database.now(access.actor, "revoked") is not None
    for _ in range(2):
        database.now(access.revoke, revoked.id)
        assert database.now(access.actor, "revoked") is None
    database.now(access.create_token, NewToken(SECRET, "t", "eve", READ))
    disable = update(tables.users).where(tables.users.c.name == "eve").values(disabled_at=now())
    database.now(lambda c: c.execute(disable).rowcount)
    assert database.now(access.actor, SECRET) is None


def test_a_token_without_a_scope_and_one_that_is_not_there_are_refused(database: Database) -> None:
    with pytest.raises(Invalid):
        database.now(access.create_token, NewToken(SECRET, "t", "ada", ()))
    with pytest.raises(NotFound):
        database.now(access.revoke, 7)


def test_tokens_are_listed_with_what_they_may(database: Database) -> None:
    for number in range(3):
        database.now(access.create_token, NewToken(f"hf_{number}", f"t{number}", "ada", READ))
    rows = database.now(access.list_tokens)
    assert [(row.name, row.user, row.grants) for row in rows] == [(f"t{n}", "ada", READ) for n in (2, 1, 0)]


def test_only_who_administers_everything_is_an_administrator() -> None:
    from entrepot.domain.actor import ANONYMOUS, Actor

    def holder(repository: str, *actions: Action) -> Actor:
        return Actor("a", 1, 1, "t", (Grant(repository, frozenset(actions)),))

    assert holder("*", Action.ADMINISTER).is_administrator
    assert not holder("models", Action.ADMINISTER).is_administrator
    assert not holder("*", Action.READ, Action.WRITE, Action.DELETE).is_administrator
    assert not ANONYMOUS.is_administrator and ANONYMOUS.is_anonymous
    # To administer is no leave to read.
    assert not holder("*", Action.ADMINISTER).may(Action.READ, RepositoryKey("models"))
