"""The page of a plan: how long it takes to write, how large it is, how soon it can be used, how fast the keys are."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from benchmarks.measure import block, say
from pinplan.actions import AnyAction, Dedupe
from pinplan.actions.placement import Placement
from pinplan.model.base import Tracked
from pinplan.model.ids import ActionId, BoardId, PinId, RelPath, Sha256
from pinplan.plan.document import Plan, summarise
from pinplan.records.plan_file import with_digest, write_plan
from pinplan.review.page.build import Seen, page_model
from pinplan.review.page.document import document
from pinplan.review.page.model import Manner
from pinplan.review.thumbnails import FetchedImages, ImageSources, Thumbnails, thumbnail, thumbnails
from pinplan.sandbox.pictures import Kind, Picture, encoded

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
BUDGET = 25_000_000


def chromium() -> str | None:
    """The browser of this computer."""
    return next((path for name in CHROMIUM if (path := shutil.which(name))), None)


def multiplied(plan: Plan, number: int, per_board: int = 200) -> Plan:
    """A plan of so many actions, of the kinds of a given one, on boards of a certain size."""
    source = [action for action in plan.actions if not action.requires]
    actions = tuple(_another(action, index, per_board) for action, index in zip(itertools.cycle(source), range(number)))
    return with_digest(replace(plan, actions=actions, summary=summarise(actions)))


def _another(action: AnyAction, index: int, per_board: int) -> AnyAction:
    pin = PinId(str(700_000_000_000 + index))
    board = index // per_board
    changed: dict[str, Any] = {
        "id": ActionId(f"{index + 1:04d}"),
        "pin_id": pin,
        "board_id": BoardId(str(800_000 + board)),
        "address": f"Board {board}/{pin}",
    }
    if isinstance(action, Dedupe):
        other = PinId(str(900_000_000_000 + index))
        kept = replace(action.keeper, pin=replace(action.keeper.pin, pin_id=other))
        if kept.exchange:
            kept = replace(kept, exchange=replace(kept.exchange, pin=replace(kept.exchange.pin, id=other)))
        changed["keeper"] = kept
    return replace(action, **changed)


class OfMany(FetchedImages):
    """Pictures of 736 × 1104 pixels, over and over, each read from a file as it would be."""

    def __init__(self, folder: Path, number: int = 60) -> None:
        """Draw them."""
        super().__init__(ImageSources())
        self._files = [folder / f"{index}.jpg" for index in range(number)]
        for index, path in enumerate(self._files):
            path.write_bytes(encoded(Picture(Kind.LANDSCAPE, index, 736, 1104), "originals"))

    def read(self, action: AnyAction, number: int, edge: int | None = None) -> bytes:
        """One of them."""
        assert edge is None or edge > 0
        return self._files[(int(action.id) + number) % len(self._files)].read_bytes()


def written(plan: Plan, pictures: FetchedImages) -> tuple[bytes, Thumbnails]:
    """The page of a plan with its thumbnails, as ``show --html`` makes it."""
    bare = sum(map(len, document(page_model(plan, "plan.json", Manner()))))
    made = thumbnails(plan, pictures, thumbnail, (BUDGET - bare) * 3 // 4 - 64 * len(plan.actions))
    model = page_model(plan, "plan.json", Manner(), Seen(made.numbers, made.missing))
    return b"".join(document(model, made.images)), made


def borrowed(plan: Plan, images: Sequence[bytes]) -> bytes:
    """A page of nearly the largest size, with thumbnails that were made for another one."""
    room = (BUDGET - sum(map(len, document(page_model(plan, "plan.json", Manner()))))) * 3 // 4
    shown: list[bytes] = []
    numbers = {}
    for action in plan.actions:
        for number, _ in enumerate(action.views()):
            image = images[len(shown) % len(images)]
            if room > len(image):
                room -= len(image)
                numbers[action.id, number] = len(shown)
                shown.append(image)
    return b"".join(document(page_model(plan, "plan.json", Manner(), Seen(numbers, {})), shown))


def different(plan: Plan) -> Plan:
    """The plan with no two images alike, so that none is made once for two."""
    return replace(plan, actions=tuple(_own_image(action) for action in plan.actions))


def _own_image(action: AnyAction) -> AnyAction:
    own = f"{int(action.id):064x}"
    changed: dict[str, Any] = {}
    for name in ("before", "after"):
        record = getattr(action, name, None)
        if isinstance(record, Tracked):
            changed[name] = replace(record, sha256=Sha256(own))
        elif isinstance(record, Placement):
            changed[name] = replace(record, path=RelPath(f"{own[-8:]}/{record.path}"))
    if isinstance(action, Dedupe):
        kept = replace(action.keeper.file, sha256=Sha256(own.replace("0", "f", 1)))
        changed["keeper"] = replace(action.keeper, file=kept)
    return replace(action, **changed)


def timings(page: Page, address: str, keys: int = 60) -> tuple[float, Sequence[float]]:
    """Milliseconds until a page can be used, and of each key that leads to the next group."""
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    usable = page.evaluate("performance.getEntriesByName('usable')[0].startTime")
    took = page.evaluate(
        """async (keys) => {
            const took = [];
            for (let turn = 0; turn < keys; turn += 1) {
                const start = performance.now();
                document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
                await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
                took.push(performance.now() - start);
            }
            return took;
        }""",
        keys,
    )
    return usable, took


SAVES = """async (saves) => {
    const took = [];
    for (const group of groups.slice(0, saves)) {
        const start = performance.now();
        await ask("decide", {
            set: { [group.actions[0]]: { verdict: "skip", was: "", note: "" } },
            session: latest.session,
            since: latest.revision,
        });
        took.push(performance.now() - start);
    }
    return took;
}"""


@contextmanager
def reviewed(library: Path, data: Path) -> Iterator[str]:
    """The address of a review of ``plan.json`` in a library."""
    words = [str(Path(sys.executable).with_name("pinplan")), "review", "plan.json", "--no-browser", "--offline"]
    environment = {**os.environ, **dict.fromkeys(("XDG_STATE_HOME", "XDG_DATA_HOME", "HOME"), str(data))}
    with subprocess.Popen(
        words, cwd=library, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = next(line for line in process.stdout if "Review: " in line)
            yield line.partition("Review: ")[2].split()[0]
        finally:
            process.terminate()


def served(browser: Browser, plan: Plan, folder: Path, many: int) -> None:
    """A review of so many actions: from its start to the address, to the first group, keys and saves."""
    library = folder / "library"
    write_plan(multiplied(plan, many), library / "plan.json")
    start = time.perf_counter()
    with reviewed(library, folder) as address:
        began = time.perf_counter() - start
        page = browser.new_page(viewport={"width": 1360, "height": 900})
        usable, took = timings(page, address)
        saves = page.evaluate(SAVES, 60)
        assert saves
        page.close()
    say(
        f"review of {many:,} actions: address after {began:.2f} s (budget 1.5 s); usable {usable:.0f} ms after the page was asked for "
        f"(budget 1,000 ms); key to the next group {_middle(took):.0f} ms, at most {max(took):.0f} ms (budget 50 ms); "
        f"decision saved in {_middle(saves):.0f} ms, at most {max(saves):.0f} ms (budget 20 ms)"
    )


def _middle(figures: Sequence[float]) -> float:
    return sorted(figures)[len(figures) // 2]


def run(some: int = 1_000, many: int = 10_000) -> None:
    """A page with thumbnails, and a large one, in the browser; keys; the page as `review` serves it."""
    from benchmarks.plans import plan_of_all_kinds  # noqa: PLC0415 - takes a sandbox

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plan = plan_of_all_kinds(folder / "library")
        thousand = different(multiplied(plan, some))
        pictures = OfMany(folder, min(60, some))
        with block() as cost:
            data, made = written(thousand, pictures)
        say(
            f"HTML of {some:,} actions, {len(made.images):,} thumbnails: {cost.wall:.1f} s wall, {cost.cpu:.1f} s CPU, "
            f"{len(data) / 1e6:.1f} MB (budget 10 s, 25 MB)"
        )
        large = borrowed(different(multiplied(plan, many)), made.images)
        pages = {f"{some:,} actions, thumbnails": data, f"{many:,} actions, thumbnails": large}
        say(f"HTML of {many:,} actions: {len(large) / 1e6:.1f} MB")
        if chromium() is None or find_spec("playwright") is None:
            say("not measured, for chromium or playwright is not installed: the page in a browser")
            return
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only what follows needs a browser

        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            for what, content in pages.items():
                path = folder / "page.html"
                path.write_bytes(content)
                page = browser.new_page(viewport={"width": 1360, "height": 900})
                own_time = page.context.new_cdp_session(page)
                own_time.send("Performance.enable", {"timeDomain": "threadTicks"})
                page.goto(path.as_uri())
                page.wait_for_selector("html[data-ready]")
                busy = {one["name"]: one["value"] for one in own_time.send("Performance.getMetrics")["metrics"]}
                usable, took = timings(page, path.as_uri())
                say(
                    f"{what}: usable after {usable:.0f} ms (budget 1,000 ms); key to the next group {sorted(took)[len(took) // 2]:.0f} ms, "
                    f"at most {max(took):.0f} ms (budget 50 ms); CPU of the page's main thread until then {busy['TaskDuration']:.2f} s"
                )
                page.close()
            served(browser, plan, folder, many)
            browser.close()
