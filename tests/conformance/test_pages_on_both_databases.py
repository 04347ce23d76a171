"""What pages ask of the catalog, on SQLite and on a real PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import real_postgres
from entrepot.catalog import dossiers, overviews, packages, reports
from entrepot.domain.decision import ALLOWED
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.names import PackageName, PackageType
from entrepot.domain.report import Coverage, Report
from entrepot.operations import dossier_text
from entrepot.operations.dossier_text import Written
from entrepot.operations.licensing import declared_in
from entrepot.operations.overview import DAYS
from entrepot.operations.registry import Registry
from entrepot_testing import apply_policy, rule_about, run
from web_visiting import DECIDED, EVERYTHING, Visitor, a_site, outline, write_decision

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A new database of each kind; empty for SQLite in the data folder."""
    if request.param == "sqlite":
        yield ""
        return
    server: Any = real_postgres.start(tmp_path_factory.mktemp("pages-postgres"))
    yield real_postgres.new_database(server, "pages").replace("postgresql://", "postgresql+psycopg://", 1)
    server.cleanup()


def test_pages_count_find_and_remember_the_same(tmp_path: Path, url: str) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path, database_url=url) as registry:
            now = datetime.now(UTC)
            for hours, effect in ((0, "given"), (30, "given"), (30, "refused"), (24 * DAYS, "refused")):
                write_decision(registry, at=now - timedelta(hours=hours), gives=effect == "given", **_allowed(effect))
            _document(registry)
            apply_policy(registry, rule_about('path = ["*.bin"]'))
            visitor = await Visitor(registry).sign_in(EVERYTHING, user="root")
            assert (await visitor.post("/settings/password", {"password": PASSWORD})).status == 200
            again = Visitor(registry)
            assert (await again.post("/sign-in", {"name": "root", "password": PASSWORD})).status == 303
            home = " ".join(outline(await again.get("/")).text.split())
            assert f"2 files, 1 refusals in {DAYS} days" in home
            for path in (
                "/repositories/models?name=x",
                "/decisions?refused=yes",
                "/tokens",
                "/storage",
                "/policies",
                "/savings",
            ):
                assert (await again.get(path)).status == 200, path
            listed = " ".join(outline(await again.get("/inventory")).text.split())
            assert "ada/model" in listed and "Apache-2.0" in listed and "by the newest card" not in listed
            assert "1 package × 8.0 hours" in outline(await again.get("/savings")).text
            assert (await again.post("/sign-out")).status == 303
            assert (await again.get("/")).status == 303

            met = registry.database.now(overviews.refused_since, now - timedelta(days=2), "", 5)
            assert [(one.actor, one.times, one.packages) for one in met] == [("ada", 1, 1)]
            assert registry.database.now(overviews.refused_since, now - timedelta(days=2), "grace", 5) == []

    run(scenario)


def _document(registry: Registry) -> None:
    """The package that decisions are about, with what its files declared at their commit, and a report."""
    made = registry.database.now(packages.create, 1, PackageName(PackageType.MODEL, "ada", "model"), private=False)
    declared = declared_in({"README.md": "---\nlicense: apache-2.0\n---\n"})
    content = dossier_text.dump(Written((), declared, (), has_bases=True, is_complete=True))
    registry.database.now(dossiers.keep, made.id, GitOid(DECIDED.commit), "test-1", content)
    subject = reports.of_bytes(Digest(DECIDED.digest), DECIDED.path)
    registry.database.now(reports.keep, subject, Report("test-1", Coverage.FULL))


def _allowed(effect: str) -> dict[str, Any]:
    return {"decision": ALLOWED} if effect == "given" else {}
