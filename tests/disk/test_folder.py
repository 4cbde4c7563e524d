"""Any folder, for `pinplan dupes`."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pinplan.disk.folder import PlainFolder
from pinplan.events import silent


def test_the_files_of_a_large_folder_are_digested_a_few_at_a_time(tmp_path, monkeypatch):
    """All at once, ten thousand that wait take 15 MB."""
    at_once: list[int] = []

    class Counting(ThreadPoolExecutor):
        def map(self, fn: Any, *iterables: Any, **options: Any) -> Any:
            at_once.append(len(iterables[0]))
            return super().map(fn, *iterables, **options)

    monkeypatch.setattr("pinplan.disk.folder.ThreadPoolExecutor", Counting)
    monkeypatch.setattr("pinplan.disk.folder._AT_ONCE", 3)
    contents = {f"{number}.jpg": bytes([number]) for number in range(8)}
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    with PlainFolder(tmp_path) as folder:
        found = folder.scan({}, lambda _: True, silent)
    assert at_once == [3, 3, 2]
    assert {file.path: file.sha256 for file in found.files} == {
        name: hashlib.sha256(data).hexdigest() for name, data in contents.items()
    }
