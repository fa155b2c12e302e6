"""The guard that keeps tests on this machine does keep them."""

import socket
import subprocess
import sys

import pytest


def test_an_outside_address_is_refused() -> None:
    with socket.socket() as opened, pytest.raises(PermissionError, match="nothing outside"):
        opened.connect(("192.0.2.1", 80))


def test_an_outside_name_is_not_even_looked_up() -> None:
    with pytest.raises(PermissionError, match="nothing outside"):
        socket.getaddrinfo("example.org", 80)


def test_a_child_process_is_held_to_it() -> None:
    code = "import socket; socket.create_connection(('192.0.2.1', 80), 1)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert "nothing outside" in done.stderr
