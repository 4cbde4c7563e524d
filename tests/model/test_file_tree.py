"""The files of a library in little memory: nothing of them is lost, and no two libraries have the same digest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pinplan.model.file_tree import FileTree
from pinplan.model.ids import RelPath
from pinplan.model.images import FileFact

# Few and odd characters, so that names nearly meet: digits as in sizes and times, the end of a line, letters of several bytes.
names = st.text(st.sampled_from("a1 \n\\é動"), min_size=1, max_size=3)
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
libraries = st.dictionaries(paths, st.tuples(st.integers(0, 2), st.integers(-1, 2)), max_size=6)


def files_of(library: dict[str, tuple[int, int]]) -> list[FileFact]:
    return [FileFact(path=RelPath(path), size=size, mtime_ns=time) for path, (size, time) in sorted(library.items())]


@given(libraries, st.randoms())
def test_its_files_are_those_that_it_was_made_of_in_whatever_order(library, dice):
    files = files_of(library)
    tree = FileTree.of(dice.sample(files, len(files)))
    assert tree.digest() == FileTree.of(files).digest()
    assert tree.drain() == files
    assert tree.drain() == []


@given(libraries, libraries)
def test_only_equal_libraries_have_the_same_digest(one, other):
    digests = (FileTree.of(files_of(library)).digest() for library in (one, other))
    assert (next(digests) == next(digests)) is (one == other)
