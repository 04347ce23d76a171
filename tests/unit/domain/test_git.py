"""Git's objects, held against git itself and against dulwich."""

import contextlib
import subprocess
import zlib
from pathlib import Path

import dulwich.objects
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.errors import Invalid, TooLarge
from entrepot.domain.git import (
    MAX_MESSAGE,
    BlobHasher,
    CommitObject,
    Kind,
    LfsPointer,
    Mode,
    Signature,
    TreeEntry,
    blob_oid,
    encode_tree,
    object_header,
    object_oid,
    parse_tree,
    tree_oid,
)

EMPTY_BLOB = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
DIGEST = Digest.of(b"weights")
OID = blob_oid(b"x")

HOSTILE = "Eve\n<root@x>\0\r\x1b[31m> author Mallory <m@x> 1 +0000\ud800"


class BareRepository:
    """A folder that git takes for a repository, into which objects are written one by one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(folder))

    def git(self, *arguments: str) -> str:
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": "/nonexistent",
        }
        command = ["git", *arguments]
        done = subprocess.run(command, cwd=self.folder.parent, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return (done.stdout + done.stderr).decode()

    def inside(self, *arguments: str) -> str:
        return self.git(f"--git-dir={self.folder}", *arguments)

    def write(self, kind: Kind, body: bytes) -> GitOid:
        oid = object_oid(kind, body)
        path = self.folder / "objects" / oid.hex[:2] / oid.hex[2:]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(zlib.compress(object_header(kind, len(body)) + body))
        return oid

    def branch(self, commit: GitOid) -> None:
        (self.folder / "refs" / "heads" / "main").write_text(f"{commit}\n")


@pytest.fixture
def repository(tmp_path: Path) -> BareRepository:
    return BareRepository(tmp_path / "model.git")


def test_git_itself_is_content_with_what_is_built_here(repository: BareRepository) -> None:
    readme = repository.write("blob", b"# model\n")
    pointer = repository.write("blob", LfsPointer(DIGEST, 7).data)
    inner = repository.write("tree", encode_tree([TreeEntry(Mode.FILE, "weights.bin", pointer)]))
    names = [("a.b", Mode.FILE, readme), ("a", Mode.FOLDER, inner), ("a0", Mode.EXECUTABLE, readme)]
    names += [("héllo 模型.md", Mode.FILE, readme), ("README.md", Mode.FILE, readme)]
    root = repository.write("tree", encode_tree(TreeEntry(mode, name, oid) for name, mode, oid in names))
    first = CommitObject(root, (), Signature("Ada", "ada@example.com", 1_700_000_000), "first\n\nwith a body\n")
    second = CommitObject(root, (first.oid,), Signature(HOSTILE, HOSTILE, 0), HOSTILE)
    repository.write("commit", first.encode())
    repository.branch(repository.write("commit", second.encode()))

    assert "error" not in repository.inside("fsck", "--strict", "--full")
    assert repository.inside("log", "--format=%H").split() == [second.oid.hex, first.oid.hex]
    assert repository.inside("log", "-1", "--format=%an|%ae|%at|%s", first.oid.hex) == (
        "Ada|ada@example.com|1700000000|first\n"
    )
    listed = repository.inside("ls-tree", "--name-only", "-z", "main").rstrip("\0").split("\0")
    assert listed == [entry.name for entry in parse_tree(encode_tree(_entries(names)))]


def _entries(names: list[tuple[str, Mode, GitOid]]) -> list[TreeEntry]:
    return [TreeEntry(mode, name, oid) for name, mode, oid in names]


@pytest.mark.parametrize("text", ["", "\n", " ", HOSTILE, "a <b> c", "<>", "\0", "..", "x" * 5000, "\u3000", "名"])
def test_no_name_mail_or_message_makes_git_complain(repository: BareRepository, text: str) -> None:
    tree = repository.write("tree", b"")
    commit = CommitObject(tree, (), Signature(text, text, 1), text)
    repository.branch(repository.write("commit", commit.encode()))
    assert "error" not in repository.inside("fsck", "--strict", "--full")
    assert CommitObject.parse(commit.encode()) == commit


BAD_NAMES = ["", ".", "..", ".git", ".GIT", ".g\u200cit", "GIT~1", ".git ", ".git.. .", ".git:x", "x\\.git"]
BAD_NAMES += ["a/b", "a\0b", "x" * 4097, "\ud800", ".git\ufeff", "git~1\\x"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_git_objects_to_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        TreeEntry(Mode.FILE, name, OID)


@pytest.mark.parametrize("name", [".gitattributes", ".gitignore", ".github", "git", "...", "git~12", "a.git"])
def test_a_name_that_only_looks_like_a_bad_one_is_fine(name: str) -> None:
    assert parse_tree(encode_tree([TreeEntry(Mode.FILE, name, OID)]))[0].name == name


def test_a_file_and_a_folder_of_one_name_are_refused_even_when_apart() -> None:
    entries = [
        TreeEntry(Mode.FILE, "a", OID),
        TreeEntry(Mode.FILE, "a.b", OID),
        TreeEntry(Mode.FOLDER, "a", OID),
    ]
    with pytest.raises(Invalid, match="twice"):
        encode_tree(entries)


def test_an_entry_without_an_object_is_refused() -> None:
    with pytest.raises(Invalid, match="no object"):
        TreeEntry(Mode.FILE, "a", GitOid("0" * 40))


def test_a_tree_out_of_order_is_refused() -> None:
    one = encode_tree([TreeEntry(Mode.FILE, "a", OID)])
    two = encode_tree([TreeEntry(Mode.FILE, "b", OID)])
    assert len(parse_tree(one + two)) == 2
    with pytest.raises(Invalid, match="order"):
        parse_tree(two + one)
    with pytest.raises(Invalid, match="order"):
        parse_tree(one + one)


def test_the_well_known_empty_objects_have_their_well_known_ids() -> None:
    assert blob_oid(b"").hex == EMPTY_BLOB
    assert tree_oid(encode_tree([])).hex == EMPTY_TREE


def test_a_blob_in_pieces_has_the_id_of_the_whole() -> None:
    hasher = BlobHasher(6)
    hasher.update(b"abc")
    hasher.update(memoryview(bytearray(b"def")))
    assert hasher.finish() == blob_oid(b"abcdef")


def test_a_blob_of_another_size_than_announced_is_refused() -> None:
    hasher = BlobHasher(3)
    hasher.update(b"ab")
    with pytest.raises(Invalid, match="3 bytes were announced and 2 came"):
        hasher.finish()
    with pytest.raises(Invalid, match="more than the announced 3"):
        hasher.update(b"cd")
    with pytest.raises(Invalid, match="not a file size"):
        BlobHasher(-1)


def test_a_pointer_is_what_git_lfs_writes() -> None:
    pointer = LfsPointer(DIGEST, 134217728)
    assert pointer.text == (f"version https://git-lfs.github.com/spec/v1\noid sha256:{DIGEST}\nsize 134217728\n")
    assert pointer.pointer_size == len(pointer.data) == 134
    assert pointer.oid == blob_oid(pointer.data)
    assert LfsPointer.parse(pointer.data) == pointer


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.rstrip("\n"),
        lambda text: text + "\n",
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("size 7", "size 07"),
        lambda text: text.replace("size 7", "size -7"),
        lambda text: text.replace("size 7", "size 9999999999999999999"),
        lambda text: text.replace("sha256", "sha1"),
        lambda text: text.upper(),
        lambda text: text.replace("oid", "ext-0-x sha256:00\noid"),
        lambda text: "",
        lambda text: text + "x" * 2000,
    ],
)
def test_what_git_lfs_would_not_write_is_no_pointer(change: object) -> None:
    assert callable(change)
    with pytest.raises(Invalid):
        LfsPointer.parse(change(LfsPointer(DIGEST, 7).text).encode())


@pytest.mark.parametrize("date", [-1, 1 << 40])
def test_a_date_that_git_cannot_write_is_refused(date: int) -> None:
    with pytest.raises(Invalid, match="date"):
        Signature("a", "b", date)


def test_a_message_without_end_is_refused() -> None:
    with pytest.raises(TooLarge):
        CommitObject(OID, (), Signature("a", "b", 1), "x" * (MAX_MESSAGE + 1))


def _is_accepted(name: str) -> bool:
    try:
        TreeEntry(Mode.FILE, name, OID)
    except Invalid:
        return False
    return True


NAMES = st.text(min_size=1, max_size=20).filter(_is_accepted)
OIDS = st.binary(min_size=20, max_size=20).map(lambda raw: GitOid(raw.hex())).filter(lambda oid: oid.hex != "0" * 40)
ENTRIES = st.builds(TreeEntry, st.sampled_from(Mode), NAMES, OIDS)
TREES = st.lists(ENTRIES, max_size=12, unique_by=lambda entry: entry.name)
ANY_TEXT = st.text(st.characters(categories=None), max_size=60)
COMMITS = st.builds(
    CommitObject,
    OIDS,
    st.lists(OIDS, max_size=3).map(tuple),
    st.builds(Signature, ANY_TEXT, ANY_TEXT, st.integers(0, 1 << 37)),
    ANY_TEXT,
)


@given(TREES)
def test_a_tree_comes_back_as_it_was_and_dulwich_agrees(entries: list[TreeEntry]) -> None:
    data = encode_tree(entries)
    assert sorted(parse_tree(data), key=str) == sorted(entries, key=str)
    peer = dulwich.objects.Tree()
    for entry in entries:
        peer.add(entry.name.encode(), int(entry.mode, 8), dulwich.objects.ObjectID(entry.oid.hex.encode()))
    assert peer.as_raw_string() == data
    assert peer.id.decode() == tree_oid(data).hex


@given(COMMITS)
def test_a_commit_comes_back_as_it_was_and_dulwich_agrees(commit: CommitObject) -> None:
    assert CommitObject.parse(commit.encode()) == commit
    peer = dulwich.objects.Commit.from_string(commit.encode())
    assert peer.id.decode() == commit.oid.hex
    assert peer.author.decode() == f"{commit.author.name} <{commit.author.email}>"
    assert (peer.message or b"").decode() == commit.message


@given(st.binary(max_size=300))
def test_a_blob_has_the_id_that_dulwich_gives_it(data: bytes) -> None:
    assert dulwich.objects.Blob.from_string(data).id.decode() == blob_oid(data).hex


@given(TREES, st.data())
def test_a_damaged_tree_is_refused_or_reads_as_exactly_what_it_says(
    entries: list[TreeEntry], data: st.DataObject
) -> None:
    damaged = _damage(encode_tree(entries), data)
    with contextlib.suppress(Invalid):
        assert encode_tree(parse_tree(damaged)) == damaged


@given(COMMITS, st.data())
def test_a_damaged_commit_is_refused_or_reads_as_exactly_what_it_says(
    commit: CommitObject, data: st.DataObject
) -> None:
    damaged = _damage(commit.encode(), data)
    with contextlib.suppress(Invalid):
        assert CommitObject.parse(damaged).encode() == damaged


def _damage(good: bytes, data: st.DataObject) -> bytes:
    at = data.draw(st.integers(0, len(good)))
    return good[:at] + data.draw(st.binary(max_size=3)) + good[at + data.draw(st.integers(0, 3)) :]
