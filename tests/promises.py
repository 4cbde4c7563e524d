"""Which tests name which promise, and the list of them in docs/promises.md."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "promises.md"
_PROVEN = "    "


def named_by_tests() -> dict[str, list[str]]:
    """Promise → tests that carry its mark, as ``tests/…/test_x.py::test_y``."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                for promise in _promises(node):
                    found[promise].append(f"{path.relative_to(ROOT).as_posix()}::{node.name}")
    return dict(found)


def _promises(node: ast.FunctionDef) -> Iterator[str]:
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.promise":
            (number,) = decorator.args
            assert isinstance(number, ast.Constant)
            yield str(number.value)


def page_with(named: dict[str, list[str]], page: str) -> str:
    """The page with the present list of tests below every promise."""
    lines: list[str] = []
    for line in page.splitlines():
        if not line.startswith(_PROVEN):
            lines.append(line)
        if line.startswith("- **I"):
            number = line.partition("**")[2].partition("**")[0]
            lines.extend(f"{_PROVEN}- `{test}`" for test in named.get(number, ()))
    return "\n".join(lines) + "\n"
