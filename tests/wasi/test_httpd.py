"""A web server in C under ``wasmvm run --tcplisten``, and Python's HTTP client."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.wasi.cases import PROJECT

pytestmark = pytest.mark.skipif(not hasattr(socket, "create_server"), reason="no sockets on this platform")
SERVER = Path(__file__).parent / "suite/httpd.wasm"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Server:
    """The guest's process and its address."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        (folder / "page.txt").write_bytes(b"the page\n" * 1000)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wasmvm", "run", "--dir", f"{folder}::/", "--tcplisten", f"127.0.0.1:{self.port}",
             str(SERVER), "4"],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
        )  # fmt: skip

    def request(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        deadline = time.monotonic() + PATIENCE
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            try:
                connection.request(method, path, body)
                response = connection.getresponse()
                return response.status, response.read()
            except ConnectionRefusedError:  # it is still starting
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.05)
            finally:
                connection.close()

    def quit(self) -> tuple[int, bytes]:
        """Exit code and output."""
        assert self.request("GET", "/quit") == (200, b"")
        output, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, output


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    yield made
    made.process.kill()
    made.process.wait()


def test_real_clients_are_served(server: Server) -> None:
    assert server.request("GET", "/hello") == (200, b"hello, world\n")
    assert server.request("GET", "/file") == (200, b"the page\n" * 1000)
    assert server.request("GET", "/nowhere") == (404, b"")
    body = bytes(range(1, 256)) * 3000
    assert server.request("POST", "/echo", body) == (200, body)
    assert server.quit() == (0, b"served 5\n")


def test_clients_queue_up(server: Server) -> None:
    results: list[tuple[int, bytes]] = []
    clients = [
        threading.Thread(target=lambda: results.append(server.request("GET", "/hello"))) for _ in range(20)
    ]  # fmt: skip
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert results == [(200, b"hello, world\n")] * 20
    assert server.quit()[0] == 0


def test_a_client_that_leaves(server: Server) -> None:
    server.request("GET", "/hello")
    for data in (b"", b"GET /hel", b"POST /echo HTTP/1.1\r\nContent-Length: 100000\r\n\r\nonly this"):
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(data)
    assert server.request("GET", "/hello") == (200, b"hello, world\n")
    assert server.quit()[0] == 0
