"""Where the ranks of a run find each other: numbers, address and network interface."""

from __future__ import annotations

import contextlib
import fcntl
import socket
import struct
from typing import TYPE_CHECKING

from sightline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

Address = tuple[str, int]
"""Host and port."""

_SIOCGIFADDR = 0x8915


def rank_variables(
    local: int, ranks: int, nodes: int, node_rank: int, address: Address
) -> dict[str, str]:
    """What torch.distributed and accelerate read; nothing for one rank alone.

    Args:
        local: the rank's number on this machine, from 0.
        ranks: processes on each machine.
        nodes: machines.
        node_rank: this machine's number, from 0.
        address: of node 0.
    """
    if nodes * ranks == 1:
        return {}
    return {
        "RANK": str(node_rank * ranks + local),
        "WORLD_SIZE": str(nodes * ranks),
        "LOCAL_RANK": str(local),
        "LOCAL_WORLD_SIZE": str(ranks),
        "MASTER_ADDR": address[0],
        "MASTER_PORT": str(address[1]),
    }


def read_address(text: str) -> Address:
    """``HOST:PORT`` or ``[IPv6]:PORT`` as host and port.

    Raises:
        UsageError: it is neither.
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (host and port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16):
        raise UsageError(
            f"--main-address ({text!r}) must be HOST:PORT, the port from 1 to 65535",
            next_step="name node 0 and a port that is free there, the same on every node",
        )
    return host, int(port)


@contextlib.contextmanager
def meeting_place(address: Address | None) -> Iterator[Address]:
    """The address itself, or a free port of this machine.

    A port of our own is kept bound, not listening, as long as the context lasts: with SO_REUSEADDR
    on both sides rank 0 may listen on it, while the system gives it to nobody else.
    """
    if address is not None:
        yield address
        return
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield "127.0.0.1", held.getsockname()[1]


def interface_towards(address: Address) -> str | None:
    """The network interface of this machine that reaches an address; None when it is not known.

    Gloo takes the address that the machine's own name has, often one of loopback, which other
    machines cannot reach. Nothing is sent to find out. IPv4 only.
    """
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(address)
            own = probe.getsockname()[0]
            found = [name for _, name in socket.if_nameindex() if _has(probe, name, own)]
    except OSError:
        return None
    return found[0] if found else None


def _has(probe: socket.socket, interface: str, address: str) -> bool:
    request = struct.pack("256s", interface.encode()[:15])
    try:
        answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, request)
    except OSError:  # an interface without an address
        return False
    return socket.inet_ntoa(answer[20:24]) == address
