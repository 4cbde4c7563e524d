"""The types of the page's data for the checker of its script, made from the structs: pinplan/review/page/types/model.d.ts."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Struct

from pinplan.review.app import Changes, FinishAnswer
from pinplan.review.page.model import PageModel
from pinplan.review.session import Update

FILE = Path(__file__).parents[1] / "pinplan" / "review" / "page" / "types" / "model.d.ts"
ROOTS = (PageModel, Changes, Update, FinishAnswer)
"""What the page is given and what it sends; the types of their fields follow."""
_HEAD = """\
/* What the page is given, and what it sends to the server. Made from the structs in Python by `make docs`. */
"""


def declarations() -> str:
    """The whole file."""
    found = _Declarations()
    for root in ROOTS:
        found.written(root)
    return "\n".join([_HEAD, *(found.texts[name] for name in sorted(found.texts))])


class _Declarations:
    """Name → declaration, of everything that was met so far."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def written(self, hint: Any) -> str:
        """A type as TypeScript writes it."""
        if isinstance(hint, type) and issubclass(hint, Struct | Enum):
            if hint.__name__ not in self.texts:
                self.texts[hint.__name__] = ""  # first, for types that contain themselves
                self.texts[hint.__name__] = self._interface(hint) if issubclass(hint, Struct) else self._union(hint)
            return hint.__name__
        if isinstance(hint, NewType):
            self.texts[hint.__name__] = f"type {hint.__name__} = {self.written(hint.__supertype__)};\n"
            return hint.__name__
        if get_origin(hint) is not None:
            return self._composed(get_origin(hint), get_args(hint))
        return {str: "string", int: "number", float: "number", bool: "boolean", NoneType: "null"}[hint]

    def _composed(self, origin: Any, parts: tuple[Any, ...]) -> str:
        if origin is Literal:
            return " | ".join(map(json.dumps, parts))
        if origin in {Union, UnionType}:
            return " | ".join(map(self.written, parts))
        if origin is tuple and parts[1:] == (Ellipsis,):
            item = self.written(parts[0])
            return f"readonly {item}[]" if item.isidentifier() else f"readonly ({item})[]"
        if origin is dict:
            entries = f"Record<{self.written(parts[0])}, {self.written(parts[1])}>"
            # Not every member of an enum need be a key.
            return f"Partial<{entries}>" if isinstance(parts[0], type) and issubclass(parts[0], Enum) else entries
        raise TypeError(f"no way to write {origin} in TypeScript")

    def _interface(self, struct: type[Struct]) -> str:
        fields = "".join(f"  {line};\n" for line in self._fields(struct))
        return f"{_comment(struct)}interface {struct.__name__} {{\n{fields}}}\n"

    def _fields(self, struct: type[Struct]) -> Iterator[str]:
        hints = get_type_hints(struct, localns=_names_for_checkers(inspect.getmodule(struct)))
        names, defaults = struct.__struct_fields__, struct.__struct_defaults__
        required = (NODEFAULT,) * (len(names) - len(defaults))
        omits, is_request = struct.__struct_config__.omit_defaults, struct.__struct_config__.forbid_unknown_fields
        for name, default in zip(names, (*required, *defaults), strict=True):
            hint = hints[name]
            if omits and default is None:  # never null: left out
                hint = Union[tuple(part for part in get_args(hint) if part is not NoneType)]  # noqa: UP007
            optional = default is not NODEFAULT and (omits or is_request)
            yield f"{name}{'?' if optional else ''}: {self.written(hint)}"

    def _union(self, members: type[Enum]) -> str:
        values = " | ".join(json.dumps(member.value) for member in members)
        return f"{_comment(members)}type {members.__name__} = {values};\n"


def _comment(kind: type) -> str:
    return f"/** {inspect.cleandoc(kind.__doc__ or '').splitlines()[0]} */\n"


def _names_for_checkers(module: ModuleType | None) -> dict[str, Any]:
    """What a module imports for type checkers only."""
    assert module is not None
    tests = [node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.If)]
    imports = [line for node in tests for line in node.body if isinstance(line, ast.ImportFrom) and line.module]
    return {
        alias.name: getattr(importlib.import_module(line.module or ""), alias.name)
        for line in imports
        for alias in line.names
    }
