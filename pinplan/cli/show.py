"""``pinplan show`` (also as a page, ``--html``) and ``pinplan diff``: saved plans."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.cli.options import MaxSizeOption, PageOption, ShowAllOption
from pinplan.errors import ConfigError, DiskRefused, StateDamaged

if TYPE_CHECKING:
    from pinplan.config import Config
    from pinplan.plan.document import Plan
    from pinplan.review.page.model import Manner


MAX_SIZE = "25MB"


def write_page(common: Common, plan: Plan, plan_file: Path, target: Path, *, max_size: str, offline: bool) -> None:
    """Write the page and report what it contains and omits.

    Raises:
        ConfigError: invalid size, or the folder does not exist.
        DiskRefused: the page cannot be written.
    """
    from msgspec.structs import replace

    from pinplan.cli.documents import PageWritten, in_json
    from pinplan.cli.options import is_stdout
    from pinplan.plan.decisions import kinds_to_review
    from pinplan.records.output_file import Document, check_target, write_document
    from pinplan.render.text_safety import plural, size
    from pinplan.review.page.build import Seen, page_model
    from pinplan.review.page.document import document
    from pinplan.review.thumbnails import thumbnail, thumbnails
    from pinplan.wiring.open_library import open_fingerprints

    budget = bytes_of(max_size)
    to_stdout = is_stdout(target)
    if to_stdout and common.out.json:
        raise ConfigError(["--json and --html - both write to standard output: use only one"])
    if not to_stdout:
        check_target(target, Document.PAGE)
    config, no_library = library_of(common, plan)
    requires = kinds_to_review(plan)
    waits = {*requires, *(plan.policies.require_decisions or ())}
    manner = replace(
        manner_of(common, plan_file, Path("decisions.json")), waits=tuple(sorted(waits)), requires=requires
    )
    shown = common.run.shown(plan)
    # The size without images comes first; base64 turns three bytes of the rest into four.
    bare = sum(map(len, document(page_model(shown, plan_file.name, manner))))
    with open_fingerprints(config, plan, offline=offline) as pictures:
        # 64 bytes per action are set aside for the references to its images.
        made = thumbnails(plan, pictures, thumbnail, max(0, (budget - bare) * 3 // 4 - 64 * len(plan.actions)))
    notes = _notes(len(made.missing), made.left_out, no_library, max_size)
    model = page_model(shown, plan_file.name, replace(manner, notes=notes), Seen(made.numbers, made.missing))
    data = b"".join(document(model, made.images))
    if to_stdout:
        common.out.raw(data)
    else:
        write_document(target, data, Document.PAGE)
    common.out.document(
        PageWritten(
            file=in_json(target), actions=len(plan.actions), pictures=len(made.images), bytes=len(data), notes=notes
        )
    )
    write = common.out.note if to_stdout else common.out.say
    write(f"{target}: {plural(len(plan.actions), 'action')}, {plural(len(made.images), 'picture')}, {size(len(data))}")
    for note in notes:
        common.out.note(note)


def manner_of(common: Common, plan_file: Path, decisions: Path) -> Manner:
    """The commands that the page suggests."""
    from pinplan.review.page.model import Manner

    return Manner(
        apply=common.run.command("apply", str(plan_file), "--decisions", str(decisions)),
        show=common.run.command("show", str(plan_file), "--all"),
    )


def library_of(common: Common, plan: Plan) -> tuple[Config | None, str]:
    """The config of the plan's library, or None and the reason."""
    from pinplan.disk.marker import read_marker

    try:
        config = common.load()
        found = read_marker(config.library).library_id
    # A plan can be looked at anywhere; only a library that was named on purpose must be readable.
    except (ConfigError, DiskRefused, StateDamaged) as error:
        if common.library is not None or common.config is not None:
            raise
        return None, f"no library here ({str(error).splitlines()[0]})"
    # Its images would belong to other pins with the same paths.
    if found != plan.library.id:
        return None, f"the plan is for another library than {config.library}"
    return config, ""


def bytes_of(text: str) -> int:
    """The value of ``--max-size``. Raises `ConfigError`."""
    from pinplan.policies.limits import parse_bytes

    try:
        return int(text) if text.isascii() and text.isdigit() else parse_bytes(text)
    except ValueError as error:
        raise ConfigError([f"--max-size {text}: expected a size such as {MAX_SIZE}"]) from error


def _notes(missing: int, left_out: int, no_library: str, max_size: str) -> tuple[str, ...]:
    from pinplan.render.text_safety import plural

    notes = []
    if no_library:
        notes.append(f"Made without the library: {no_library}.")
    if left_out:
        notes.append(f"{plural(left_out, 'picture')} left out: --max-size {max_size} reached.")
    if missing - left_out > 0:
        notes.append(f"{plural(missing - left_out, 'picture')} missing; the page shows each reason.")
    return tuple(notes)


@command
def show(
    *,
    common: Common,
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan file; - for standard input.")],
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 2 if there are changes.")
    ] = False,
    show_all: ShowAllOption = False,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND", help="Only actions or findings of this kind; repeatable."),
    ] = None,
    board: Annotated[
        list[str] | None,
        typer.Option("--board", metavar="NAME", help="Only this board (* and ? allowed); repeatable."),
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a pull request comment.")] = False,
    max_chars: Annotated[
        int,
        typer.Option("--max-chars", metavar="N", help="Maximum length of the Markdown; omits whole rows."),
    ] = 65_000,
    html: PageOption = None,
    max_size: MaxSizeOption = MAX_SIZE,
    offline: Annotated[bool, typer.Option("--offline", help="Download no images for the page.")] = False,
) -> int:
    """Show a saved plan.

    As text, Markdown (--markdown), a self-contained page (--html) or the document (--json).
    """
    from pinplan.cli.exits import CHANGES, DONE
    from pinplan.cli.options import is_stdout, read_plan_argument
    from pinplan.records.plan_file import encode_plan
    from pinplan.render.rows import choose

    if markdown and common.out.json:
        raise ConfigError(["--markdown and --json are mutually exclusive"])
    saved = read_plan_argument(plan_file)
    chosen = choose(saved, kind or [], board or [])
    common.run.plan_file = None if is_stdout(plan_file) else plan_file
    shown = common.run.shown(saved)
    if html is not None:
        write_page(common, saved, plan_file, html, max_size=max_size, offline=offline)
    elif common.out.json:
        if not chosen.all:
            raise ConfigError(["--json prints the whole document; --kind and --board apply to text only"])
        # The document byte for byte, so that its digest and seal stay valid.
        common.out.raw(encode_plan(saved))
    elif markdown:
        from pinplan.render.markdown import LEAST, plan_markdown

        if max_chars < LEAST:
            raise ConfigError([f"--max-chars {max_chars}: minimum is {LEAST}"])
        named = "plan.json" if is_stdout(plan_file) else str(plan_file)
        apply = common.run.command("apply", named, "--expect-digest", saved.digest)
        common.out.raw(plan_markdown(shown, apply, max_chars=max_chars, chosen=chosen).encode())
    else:
        from pinplan.render.text import plan_lines
        from pinplan.render.text_safety import local_time, plain

        common.out.lines(plan_lines(shown, everything=show_all, screen=common.out.screen, chosen=chosen))
        made, version = plain(local_time(saved.created_at)), plain(saved.pinplan_version)
        common.out.say(f"Made {made} by pinplan {version}; {saved.digest}", "dim")
    return CHANGES if detailed_exitcode and saved.actions else DONE


@command
def diff(
    *,
    common: Common,
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A plan file; - for standard input.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Plan file to compare with; - for standard input.")],
    detailed_exitcode: Annotated[bool, typer.Option("--detailed-exitcode", help="Exit 2 if the plans differ.")] = False,
    show_all: Annotated[bool, typer.Option("--all", help="Show every difference.")] = False,
) -> int:
    """Compare two saved plans.

    Actions are matched by kind, pin and slot, findings by kind and pin, checks by name: + only in NEW, - only in OLD,
    ~ changed. To compare the library with Pinterest: pinplan plan.
    """
    from pinplan.cli.exits import CHANGES, DONE
    from pinplan.cli.options import is_stdin, read_plan_argument
    from pinplan.plan.diff import compare_plans
    from pinplan.render.diff_text import diff_lines

    if is_stdin(old) and is_stdin(new):
        raise ConfigError(["OLD and NEW cannot both be -: standard input holds one plan"])
    found = compare_plans(read_plan_argument(old), read_plan_argument(new))
    if common.out.json:
        common.out.document(found)
    else:
        common.out.lines(diff_lines(found, everything=show_all))
    return CHANGES if detailed_exitcode and found.differs else DONE
