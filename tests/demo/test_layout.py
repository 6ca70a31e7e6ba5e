"""Where the parts of the demo listen."""

import socket

import pytest

from usosapi_mleg.demo.layout import HOST, free_ports


def test_a_port_is_given_once_and_kept_for_this_process() -> None:
    """Two servers can listen on one port, so that no error would tell."""
    given = [port for _ in range(50) for port in vars(free_ports()).values()]
    assert len(set(given)) == 100
    for port in given:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other, pytest.raises(OSError, match="in use"):
            other.bind((HOST, port))
