"""The Hub's JSON, as its clients read it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from huggingface_hub.utils import parse_datetime
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain.content import Author, File, Folder, Package, Ref, Revision
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.names import FilePath, PackageName, PackageType, RefName, RepositoryKey
from entrepot.protocols.huggingface import shapes

WHEN = datetime(2024, 5, 1, 12, 30, 1, 234567, tzinfo=UTC)
OID, DIGEST = GitOid("a" * 40), Digest("b" * 64)
NAME = PackageName(PackageType.MODEL, "ada", "model")
PACKAGE = Package(RepositoryKey("models"), NAME, WHEN, WHEN)
SMALL, LARGE = File(FilePath("a/b"), 5, OID), File(FilePath("c"), 7, OID, DIGEST)
REVISION = Revision(PACKAGE, OID, WHEN, "title", "message", (Author("ada"),))


@given(st.datetimes(min_value=datetime(1971, 1, 1), timezones=st.just(UTC)))
def test_moments_are_what_clients_parse(when: datetime) -> None:
    parsed = parse_datetime(shapes.moment(when))
    assert timedelta(0) <= when - parsed < timedelta(milliseconds=1)


def test_moments_of_other_zones_are_told_in_utc() -> None:
    elsewhere = WHEN.astimezone(timezone(timedelta(hours=5)))
    assert shapes.moment(elsewhere) == shapes.moment(WHEN) == "2024-05-01T12:30:01.234Z"


def test_what_upstream_says_of_itself_is_not_passed_on() -> None:
    facts = {"xetEnabled": True, "sha": "x", "siblings": [], "id": "evil/x", "private": True, "tags": "no list", "x": 1}
    shape = shapes.package(replace(PACKAGE, facts=facts))
    assert (shape["id"], shape["modelId"], shape["private"], shape["tags"], shape["x"]) == (
        "ada/model",
        "ada/model",
        False,
        [],
        1,
    )
    assert not {"xetEnabled", "sha", "siblings"} & set(shape)


def test_a_revision_lists_its_files_with_their_sizes_where_asked() -> None:
    plain = shapes.revision(REVISION, [SMALL, LARGE], blobs=False)
    assert plain["siblings"] == [{"rfilename": "a/b"}, {"rfilename": "c"}]
    assert (plain["sha"], plain["usedStorage"]) == (OID.hex, 12)
    small, large = shapes.revision(REVISION, [SMALL, LARGE], blobs=True)["siblings"]
    assert small == {"rfilename": "a/b", "size": 5, "blobId": OID.hex}
    assert large["lfs"] == {"sha256": DIGEST.hex, "size": 7, "pointerSize": 126}


def test_lines_of_a_tree() -> None:
    assert shapes.entry(Folder(FilePath("a"), OID), None, None) == {
        "type": "directory",
        "oid": OID.hex,
        "size": 0,
        "path": "a",
    }
    shape = shapes.entry(LARGE, "f" * 64, REVISION)
    assert shape["lfs"]["oid"] == DIGEST.hex and shape["xetHash"] == "f" * 64
    assert shape["lastCommit"] == {"id": OID.hex, "title": "title", "date": shapes.moment(WHEN)}


def test_expand_gives_what_was_asked_for_and_passes_over_what_nobody_knows() -> None:
    shape = shapes.package(PACKAGE)
    assert shapes.only(shape, ["likes", "xetEnabled"]) == {"_id": shape["_id"], "id": "ada/model", "likes": 0}
    assert shapes.only(shape, []) == shape


def test_refs_stand_in_their_groups() -> None:
    names = ("refs/heads/main", "refs/tags/v1", "refs/convert/parquet", "refs/pr/1")
    shape = shapes.refs([Ref(RefName(name), OID) for name in names])
    assert [len(shape[group]) for group in ("branches", "tags", "converts", "pullRequests")] == [1, 1, 1, 1]
    assert shape["branches"] == [{"name": "main", "ref": "refs/heads/main", "targetCommit": OID.hex}]


def test_what_people_wrote_is_no_html() -> None:
    shape = shapes.commit(replace(REVISION, title='<b>"&'), formatted=True)
    assert shape["formatted"]["title"] == "&lt;b&gt;&quot;&amp;"
    assert "formatted" not in shapes.commit(REVISION, formatted=False)
