"""Files as lists of chunk ranges: what a client announces, and whether it is so."""

from collections.abc import Mapping
from dataclasses import dataclass

from entrepot.domain.digest import Digest
from entrepot.domain.errors import Invalid
from entrepot.xet.merkle import HashTree, XetHash, file_hash_of_root, range_hash
from entrepot.xet.reconstruction import Term
from entrepot.xet.xorb import XorbIndex


@dataclass(frozen=True, slots=True)
class AnnouncedFile:
    """A file as a client describes it: its terms in order and, where it says so, their range hashes.

    `sha256` is the client's claim, to be compared with the content before it names anything.
    """

    hash: XetHash
    terms: tuple[Term, ...]
    ranges: tuple[XetHash, ...] | None
    sha256: Digest | None

    @property
    def size(self) -> int:
        """Bytes of the file, as its terms say."""
        return sum(term.length for term in self.terms)


def verify_file(file: AnnouncedFile, xorbs: Mapping[XetHash, XorbIndex]) -> None:
    """Pass where the announced file is what its terms make of these verified xorbs.

    Raises `Invalid`, which names the file and the term: a xorb that is not there, chunks that it has
    not, a wrong length or range hash, or a list of chunks that is another file.
    """
    verification = Verification(file)
    verification.add(len(file.terms), xorbs)
    verification.finish()


class Verification:
    """The same, a few terms at a time: the indexes of a long file's xorbs need not all be at hand at once."""

    def __init__(self, file: AnnouncedFile) -> None:
        if file.ranges is None or len(file.ranges) != len(file.terms):
            raise Invalid(f"file {file.hash} does not come with a verification hash for each of its terms")
        self._file = file
        self._ranges = file.ranges
        self._tree = HashTree()
        self._done = 0

    def add(self, count: int, xorbs: Mapping[XetHash, XorbIndex]) -> None:
        """Check the next terms; raises `Invalid`."""
        for number in range(self._done, self._done + count):
            try:
                _add_term(self._tree, self._file.terms[number], self._ranges[number], xorbs)
            except Invalid as problem:
                raise Invalid(f"file {self._file.hash}, term {number}: {problem}") from None
        self._done += count

    def finish(self) -> None:
        """Pass where all terms were checked and make the file; raises `Invalid`."""
        if self._done != len(self._file.terms):
            raise ValueError("a file is not verified before all of its terms are")
        if (found := file_hash_of_root(self._tree.root())) != self._file.hash:
            raise Invalid(f"file {self._file.hash} was announced, but its {self._done} terms hash to {found}")


def _add_term(tree: HashTree, term: Term, expected: XetHash, xorbs: Mapping[XetHash, XorbIndex]) -> None:
    index = xorbs.get(term.xorb)
    if index is None:
        raise Invalid(f"xorb {term.xorb} is not here")
    hashes = index.hashes_of(term.start, term.end)
    length = index.unpacked_length(term.start, term.end)
    chunks = f"chunks {term.start} to {term.end} of xorb {term.xorb}"
    if length != term.length:
        raise Invalid(f"{chunks} are {length} bytes, not {term.length}")
    if range_hash(hashes) != expected:
        raise Invalid(f"the verification hash {expected} is not that of {chunks}")
    tree.add(hashes, index.sizes_of(term.start, term.end))
