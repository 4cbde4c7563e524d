"""What can be changed in a module: one small change at a place, by its syntax tree, always in the same order.

Comparisons (negated, and with the other boundary), ``and``/``or`` (swapped, an operand left out), ``not``, conditions (negated, never true),
filters and guards left out, arithmetic, numbers, booleans, members of enums (the next one), short strings, ``any``/``all``, ``min``/``max``,
the first two arguments swapped, a keyword argument left out, an alternative of a pattern left out, what is returned (nothing instead),
statements left out, handlers that handle nothing.

Not changed: docstrings, annotations, decorators, imports, what is only there for type checkers, the values of enums, lines with
``pragma: no cover``, and text that people read: every string with a blank in it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Enums = dict[str, list[str]]
"""The members of every enum, by its name."""

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
OTHER_FUNCTION = {"any": "all", "all": "any", "min": "max", "max": "min"}
ANY_ORDER = {"isinstance", "max", "min"}
"""Functions whose first two arguments are not swapped: it would make no difference, or a mistake that a type checker sees."""
NOT_RUN = {"annotation", "returns", "decorator_list", "type_comment"}
DISPLAYED = 100
"""Characters of a change that are shown, and by which it is known."""


class Mutant(NamedTuple):
    """One change.

    Attributes:
        path: the module's file, from the root of the project.
        number: its place among the changes of the module.
        function: qualified name of the function or class it is in; empty at the top of the module.
        line: where it is.
        text: that line, without its indentation.
        change: what is written instead of what.
        lines: first and last line of the statement: whoever ran one of them ran into the change.
        outermost: name and first line of the function whose code is changed; None if the change takes effect on import.
    """

    path: str
    number: int
    function: str
    line: int
    text: str
    change: str
    lines: tuple[int, int]
    outermost: tuple[str, int] | None

    @property
    def key(self) -> tuple[str, str, str]:
        """How it is known in the list of accepted ones: it holds when the file moves or lines are added to it."""
        return self.function, self.text, self.change


class _Place(NamedTuple):
    """Where the walk is: see `Mutant`."""

    function: str = ""
    outermost: tuple[str, int] | None = None
    lines: tuple[int, int] = (0, 0)


class _Site(NamedTuple):
    parent: ast.AST
    field: str
    at: int | None
    before: ast.AST
    after: ast.AST
    change: str
    place: _Place


Change = tuple[ast.AST, str]
"""What is written instead, and how that is shown; empty: before and after."""


def enums_in(sources: Iterable[str]) -> Enums:
    """Every enum of some modules."""
    found: Enums = {}
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ClassDef) and _is_enum(node):
                members = [one.targets[0] for one in node.body if isinstance(one, ast.Assign)]
                found[node.name] = [one.id for one in members if isinstance(one, ast.Name)]
    return {name: members for name, members in found.items() if len(members) > 1}


def mutants_of(path: str, source: str, enums: Mapping[str, list[str]]) -> list[Mutant]:
    """Every change of a module."""
    lines = source.splitlines()
    found = []
    for number, site in enumerate(_sites(ast.parse(source), lines, enums)):
        line = getattr(site.before, "lineno", site.place.lines[0])
        change = site.change or f"{_shown(site.before)} → {_shown(site.after)}"
        found.append(
            Mutant(
                path=path,
                number=number,
                function=site.place.function,
                line=line,
                text=lines[line - 1].strip(),
                change=change,
                lines=site.place.lines,
                outermost=site.place.outermost,
            )
        )
    return found


def mutated(source: str, number: int, enums: Mapping[str, list[str]]) -> ast.Module:
    """A module with one of its changes."""
    tree = ast.parse(source)
    site = next(site for at, site in enumerate(_sites(tree, source.splitlines(), enums)) if at == number)
    if site.at is None:
        setattr(site.parent, site.field, site.after)
    else:
        getattr(site.parent, site.field)[site.at] = site.after
    if hasattr(site.before, "lineno"):
        ast.copy_location(site.after, site.before)
    return ast.fix_missing_locations(tree)


def _shown(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= DISPLAYED else f"{text[: DISPLAYED - 1]}…"


def _sites(tree: ast.Module, lines: list[str], enums: Mapping[str, list[str]]) -> Iterator[_Site]:
    never = [_extent(node) for node in ast.walk(tree) if _is_never_run(node, lines)]
    for site in _walk(tree, _Place(), enums):
        if not any(first <= site.place.lines[0] <= last for first, last in never):
            yield site


def _is_never_run(node: ast.AST, lines: list[str]) -> bool:
    if not isinstance(node, ast.stmt | ast.match_case | ast.ExceptHandler):
        return False
    first, last = _lines_of(node)
    return "pragma: no cover" in "".join(lines[first - 1 : last])


def _extent(node: ast.AST) -> tuple[int, int]:
    end = node.body[-1].end_lineno if isinstance(node, ast.match_case) else getattr(node, "end_lineno", None)
    return _lines_of(node)[0], end or 0


def _walk(node: ast.AST, place: _Place, enums: Mapping[str, list[str]]) -> Iterator[_Site]:
    for field, value in ast.iter_fields(node):
        if field in NOT_RUN or (isinstance(node, ast.ClassDef) and field != "body"):
            continue
        several = isinstance(value, list)
        for index, child in enumerate(value if several else [value]):
            if not isinstance(child, ast.AST) or _is_left_out(child):
                continue
            at = _place_of(node, field, child, place)
            for after, change in _alternatives(child, node, field, enums):
                yield _Site(node, field, index if several else None, child, after, change, at)
            yield from _walk(child, at, enums)


def _is_left_out(node: ast.AST) -> bool:
    """Nothing that a test could notice, or nothing for a test to notice."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom():
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.AnnAssign(annotation=ast.Name(id="TypeAlias")):
            return True
        case ast.Call(func=ast.Name(id="TypeVar" | "cast")) | ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.JoinedStr() | ast.Constant(value=str()):
            return _is_prose(node)
        case ast.ClassDef():
            return _is_enum(node)
        case _:
            return False


def _is_enum(node: ast.ClassDef) -> bool:
    return any("Enum" in ast.unparse(base) for base in node.bases)


def _is_prose(node: ast.AST) -> bool:
    return any(
        isinstance(one, ast.Constant) and isinstance(one.value, str) and " " in one.value for one in ast.walk(node)
    )


def _place_of(parent: ast.AST, field: str, node: ast.AST, place: _Place) -> _Place:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        place = place._replace(function=f"{place.function}.{node.name}".lstrip("."))
    if isinstance(parent, ast.FunctionDef) and field == "body" and place.outermost is None:
        start = min([parent.lineno, *(one.lineno for one in parent.decorator_list)])
        place = place._replace(outermost=(place.function, start))
    if isinstance(node, ast.stmt | ast.match_case | ast.ExceptHandler):
        place = place._replace(lines=_lines_of(node))
    return place


def _lines_of(node: ast.AST) -> tuple[int, int]:
    """The lines of a statement, without the block below it."""
    start = node.pattern.lineno if isinstance(node, ast.match_case) else getattr(node, "lineno", 0)
    block = getattr(node, "body", None) or getattr(node, "cases", None)
    if not block:
        return start, getattr(node, "end_lineno", start)
    first = block[0].pattern if isinstance(block[0], ast.match_case) else block[0]
    return start, max(start, first.lineno - 1)


def _alternatives(node: ast.AST, parent: ast.AST, field: str, enums: Mapping[str, list[str]]) -> Iterator[Change]:
    if isinstance(node, ast.stmt):
        yield from _statements(node)
    elif isinstance(node, ast.ExceptHandler) and not isinstance(node.body[0], ast.Raise):
        yield ast.ExceptHandler(node.type, node.name, [ast.Raise()]), "not handled"
    elif isinstance(node, ast.MatchOr):
        for left_out, rest in _without_one(node.patterns):
            yield ast.MatchOr(rest) if len(rest) > 1 else rest[0], f"without {_shown(left_out)}"
    elif isinstance(node, ast.expr):
        if field in {"test", "guard", "ifs"}:
            yield from _conditions(node, parent, field)
        yield from _expressions(node, enums)


def _statements(node: ast.stmt) -> Iterator[Change]:
    match node:
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Raise() | ast.Break() | ast.Continue() | ast.Delete():
            yield ast.Pass(), f"without {_shown(node)}"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]) | ast.Return(value=None):
            yield ast.Pass(), f"without {_shown(node)}"
        case ast.Return(value=value) if not (isinstance(value, ast.Constant) and value.value in {None, False, True}):
            yield ast.Return(ast.Constant(None)), "return None"
        case _:
            pass


def _conditions(node: ast.expr, parent: ast.AST, field: str) -> Iterator[Change]:
    if not isinstance(node, ast.Compare | ast.BoolOp | ast.Constant) and not _is_not(node):
        yield ast.UnaryOp(ast.Not(), node), ""
    if field in {"guard", "ifs"}:
        yield ast.Constant(value=True), f"without if {_shown(node)}"
    elif isinstance(parent, ast.If):
        yield ast.Constant(value=False), f"never {_shown(node)}"


def _is_not(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _expressions(node: ast.expr, enums: Mapping[str, list[str]]) -> Iterator[Change]:
    match node:
        case ast.Compare():
            for index, op in enumerate(node.ops):
                for other in COMPARISONS[type(op)]:
                    ops = [*node.ops[:index], other(), *node.ops[index + 1 :]]
                    yield ast.Compare(node.left, ops, node.comparators), ""
        case ast.BoolOp():
            yield from _and_or(node)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand, ""
        case ast.BinOp() if type(node.op) in ARITHMETIC:
            yield ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right), ""
        case ast.Constant():
            yield from _constants(node.value)
        case ast.Attribute(value=ast.Name(id=enum), attr=member) if member in enums.get(enum, ()):
            members = enums[enum]
            yield ast.Attribute(node.value, members[(members.index(member) + 1) % len(members)], ast.Load()), ""
        case ast.Call():
            yield from _calls(node)
        case _:
            pass


def _constants(value: object) -> Iterator[Change]:
    if isinstance(value, bool):
        yield ast.Constant(value=not value), ""
    elif isinstance(value, int | float):
        yield ast.Constant(value=value + 1), ""
    elif isinstance(value, str):
        yield ast.Constant(value=f"{value}~"), ""


def _and_or(node: ast.BoolOp) -> Iterator[Change]:
    was, other = ("and", ast.Or()) if isinstance(node.op, ast.And) else ("or", ast.And())
    yield ast.BoolOp(other, node.values), f"{'or' if was == 'and' else 'and'} instead of {was} in {_shown(node)}"
    for left_out, rest in _without_one(node.values):
        yield ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0], f"without {was} {_shown(left_out)}"


def _calls(node: ast.Call) -> Iterator[Change]:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name in OTHER_FUNCTION:
        yield ast.Call(ast.Name(OTHER_FUNCTION[name], ast.Load()), node.args, node.keywords), ""
    if len(node.args) > 1 and name not in ANY_ORDER and _can_be_swapped(*node.args[:2]):
        yield ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords), ""
    for left_out, rest in _without_one(node.keywords):
        yield ast.Call(node.func, node.args, rest), f"without {_shown(left_out)}"


def _can_be_swapped(one: ast.expr, other: ast.expr) -> bool:
    return ast.dump(one) != ast.dump(other) and not isinstance(one, ast.Starred) and not isinstance(other, ast.Starred)


def _without_one(values: list[Any]) -> Iterator[tuple[Any, list[Any]]]:
    for index, value in enumerate(values):
        yield value, [*values[:index], *values[index + 1 :]]
