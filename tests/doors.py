"""The doors of packages, as a contract for import-linter (`[tool.importlinter]` in ``pyproject.toml``; decision 19)."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from importlinter import Contract, ContractCheck, output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grimp import ImportGraph

ROOT = Path(__file__).parent.parent


class DoorContract(Contract):
    """Other packages import only what a package names in its ``__all__``: submodules, or names of its ``__init__``."""

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Every import that goes past a door."""
        past = sorted(set(_past_a_door(graph)))
        return ContractCheck(kept=not past, metadata={"past": past})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line an import."""
        for importer, imported, package in check.metadata["past"]:
            output.print_error(f"{importer} imports {imported}, which {package}.__all__ does not name")


def _past_a_door(graph: ImportGraph) -> Iterator[tuple[str, str, str]]:
    open_to_others = {module: _named(module) for module in graph.modules if _door(module).is_file()}
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            parts = imported.split(".")
            for depth in range(2, len(parts)):
                package = ".".join(parts[:depth])
                inside = importer == package or importer.startswith(f"{package}.")
                if package in open_to_others and not inside and parts[depth] not in open_to_others[package]:
                    yield importer, imported, package


def _door(module: str) -> Path:
    return ROOT.joinpath(*module.split("."), "__init__.py")


def _named(package: str) -> frozenset[str]:
    for node in ast.parse(_door(package).read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(one, ast.Name) and one.id == "__all__" for one in node.targets
        ):
            return frozenset(ast.literal_eval(node.value))
    return frozenset()
