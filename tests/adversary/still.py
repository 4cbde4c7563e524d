"""The same seed, the same bytes: no clock of this computer, no waiting, no threads, no chance but the story's own.

Everything here is put into pinplan from outside, by names that are looked for; where one is missing, it is said which.
"""

from __future__ import annotations

import concurrent.futures
import gc
import importlib
import pkgutil
import random
import sys
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any

import pinplan
from tests.adversary.clock import Now, StoryDatetime
from tests.adversary.machine import changes_are_watched

_REAL_TIME = ("pinplan.cli.auth_report",)
"""Types of fields there are read from its names: they must stay what they are."""


class SeamMissing(Exception):
    """pinplan has not what the adversary takes hold of: the adversary must be adapted, nothing was tested."""


class _Later(concurrent.futures.Future):  # type: ignore[type-arg]
    """Work that is done when somebody asks for its result."""

    def __init__(self, pool: LazyPool, work: Callable[[], Any]) -> None:
        super().__init__()
        self._pool, self._work = pool, work

    def run(self) -> None:
        if not self.set_running_or_notify_cancel():
            return
        try:
            result = self._work()
        except Exception as error:  # noqa: BLE001 - as a thread of a pool would
            self.set_exception(error)
        else:
            self.set_result(result)

    def result(self, timeout: float | None = None) -> Any:
        self._pool.run_up_to(self)
        return super().result(timeout)


class LazyPool(concurrent.futures.Executor):
    """A pool of one thread that is none: work is done in its order, when its result is wanted."""

    def __init__(self, *_args: Any, **_options: Any) -> None:
        self._waiting: deque[_Later] = deque()

    def submit(self, work: Callable[..., Any], /, *args: Any, **options: Any) -> Any:
        future = _Later(self, lambda: work(*args, **options))
        self._waiting.append(future)
        return future

    def map(self, fn: Callable[..., Any], *iterables: Iterable[Any], **_options: Any) -> Iterator[Any]:
        futures = [self.submit(fn, *args) for args in zip(*iterables, strict=False)]
        return (future.result() for future in futures)

    def run_up_to(self, future: _Later) -> None:
        while not future.done() and self._waiting:
            self._waiting.popleft().run()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        while self._waiting:
            future = self._waiting.popleft()
            if cancel_futures:
                future.cancel()
            else:
                future.run()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.shutdown(cancel_futures=kind is not None and not issubclass(kind, Exception))


def wait_in_order(futures: Iterable[Any], *_args: Any, **_options: Any) -> tuple[list[Any], list[Any]]:
    """The first of them that is done, or can be: one at a time, in their order."""
    left = list(futures)
    ready = next((future for future in left if future.done()), left[0] if left else None)
    if ready is None:
        return [], []
    try:
        ready.result()
    except concurrent.futures.CancelledError:
        pass
    except Exception:  # noqa: BLE001 - it is kept in the future
        pass
    return [ready], [future for future in left if future is not ready]


def completed_in_order(futures: Iterable[Any], *_args: Any, **_options: Any) -> Iterator[Any]:
    """Each of them, in their order."""
    left = list(futures)
    while left:
        ready, left = wait_in_order(left)
        yield from ready


class Chance:
    """The story's own chance."""

    dice = random.Random(0)


def _wait(seconds: float) -> None:
    Now.clock.sleep(seconds)


def _wait_for(real: Callable[..., bool]) -> Callable[..., bool]:
    """Waiting for something with a time limit takes that time, of the story's clock: here nobody else could bring it about."""

    def wait(event: threading.Event, timeout: float | None = None) -> bool:
        if timeout is None:
            return real(event)
        if not event.is_set():
            Now.clock.sleep(timeout)
        return event.is_set()

    return wait


def _uuid() -> uuid.UUID:
    return uuid.UUID(int=Chance.dice.getrandbits(128), version=4)


def start_of_story(seed: int) -> None:
    """Chance of this story, from its beginning."""
    Chance.dice = random.Random(f"chance {seed}")


def import_everything() -> None:
    """Each module of pinplan: what is imported later would not be still."""
    for module in pkgutil.walk_packages(pinplan.__path__, "pinplan."):
        importlib.import_module(module.name)
    gc.collect()
    gc.freeze()


@contextmanager
def stillness() -> Iterator[None]:
    """As long as the block runs, nothing in this process depends on when and where it runs."""
    import_everything()
    stand_ins: dict[Any, Any] = {
        datetime: StoryDatetime,
        concurrent.futures.ThreadPoolExecutor: LazyPool,
        concurrent.futures.wait: wait_in_order,
        concurrent.futures.as_completed: completed_in_order,
    }
    with ExitStack() as undo:
        undo.enter_context(changes_are_watched())
        for name, module in sorted(sys.modules.items()):
            if not name.startswith("pinplan.") or name.startswith("pinplan.sandbox") or name in _REAL_TIME:
                continue
            for key, value in list(vars(module).items()):
                if isinstance(value, type) or callable(value):
                    stand_in = next((new for old, new in stand_ins.items() if value is old), None)
                    if stand_in is not None:
                        _put(undo, module, key, stand_in)
        undo.enter_context(sandbox_at_once())
        _put(undo, time, "sleep", _wait)
        _put(undo, threading.Event, "wait", _wait_for(threading.Event.wait))
        _put(undo, uuid, "uuid4", _uuid)
        yield


@contextmanager
def sandbox_at_once() -> Iterator[None]:
    """As long as the block runs, the sandbox does everything in the thread that asks it: it has no event loop here."""
    with ExitStack() as undo:
        for name, module in sorted(sys.modules.items()):
            if name.startswith("pinplan.sandbox") and hasattr(module, "run_in_threadpool"):
                _put(undo, module, "run_in_threadpool", _at_once)
        yield


async def _at_once(work: Callable[..., Any], *args: Any) -> Any:
    """What the sandbox does in a thread beside its loop elsewhere."""
    return work(*args)


def _put(undo: ExitStack, where: Any, name: str, new: Any) -> None:
    undo.callback(setattr, where, name, getattr(where, name))
    setattr(where, name, new)


def seam(where: Any, name: str) -> Any:
    """Something of pinplan that the adversary takes hold of. Raises `SeamMissing` with its name."""
    try:
        return getattr(where, name)
    except AttributeError:
        raise SeamMissing(f"{getattr(where, '__name__', where)} has no {name!r}") from None
