"""The server of the review page and of the sandbox: it serves while its block runs, and leaves nothing behind."""

from __future__ import annotations

import subprocess
import threading

import pytest
import requests
from starlette.responses import PlainTextResponse

from pinplan.local_server import LocalServer, listen
from tests.cli.terminal import PINPLAN


def _serving(listener):
    return LocalServer(PlainTextResponse("here"), listener, name="the test")


def _threads():
    return [thread for thread in threading.enumerate() if thread.name == "the test"]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_it_serves_while_the_block_runs(host):
    listener = listen(host, 0)
    port = listener.getsockname()[1]
    url = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
    with _serving(listener):
        answer = requests.get(url, timeout=5)
        assert (answer.text, "server" in answer.headers) == ("here", False)
    assert not _threads()
    listen(host, port).close()


def test_a_port_that_is_taken_leaves_no_socket_open():
    with listen("127.0.0.1", 0) as taken, pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", taken.getsockname()[1])


def test_an_interrupt_while_it_starts_stops_it(monkeypatch):
    def interrupted(_server):
        raise KeyboardInterrupt

    listener = listen("127.0.0.1", 0)
    monkeypatch.setattr(LocalServer, "_wait_until_started", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _serving(listener).__enter__()
    assert not _threads()
    assert listener.fileno() == -1


def test_a_signal_at_once_ends_the_sandbox_without_a_word():
    for _ in range(6):  # the moment is short in which an event loop that starts in the main thread loses its coroutine
        command = [PINPLAN, "sandbox", "serve"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            assert server.stderr is not None
            assert server.stdout.readline().startswith("{")
            server.terminate()
            assert server.stderr.read() == ""
            assert server.wait(10) == 0


def test_waiting_ends_when_the_server_does():
    listener = listen("127.0.0.1", 0)
    with _serving(listener) as server:
        server._server.should_exit = True
        server.wait()
    assert not _threads()
