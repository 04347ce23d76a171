"""Cold downloads through a remote repository: against the upstream itself, and with many clients at once."""

import re
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from downloads import random_file, upload
from live_server import LiveServer
from measure import MIB, RUNS, SIZE, MemoryWatch, Row, curl, ratio, together
from peers import nginx

CLIENTS = 32
RATE = 300
"""Megabytes a second: an upstream behind a link of 2.5 Gbit/s."""
SLOWER = (
    "location / {{ proxy_pass {origin}; proxy_set_header Host $http_host; "
    "limit_rate {rate}m; proxy_max_temp_file_size 0; }}"
)


def measure(folder: Path) -> list[Row]:
    """The rows of this benchmark."""
    with LiveServer(folder / "upstream") as upstream, LiveServer(folder / "data") as server:
        count = 2 * (RUNS + 1) + 2
        for number in range(count):
            upload(upstream, f"bench/cold-{number}", random_file(folder / "cold.bin"), xet=False)
        server.api("POST", "/repositories", _remote("mirror", upstream.endpoint("models"), upstream))
        names = iter(f"bench/cold-{number}" for number in range(count))
        with nginx(folder / "nginx", folder, SLOWER.format(rate=RATE, origin=upstream.origin)) as slower:
            server.api("POST", "/repositories", _remote("slower", f"{slower}/hub/models", upstream))
            what = f"cold download through the proxy, of that upstream directly, which sends {RATE} MB/s"
            rows = [_cold(what, server, "slower", f"{slower}/hub/models", names)]
        what = "the same, where upstream is on this machine and sends as fast as it can"
        rows.append(_cold(what, server, "mirror", upstream.endpoint("models"), names))
        rows.append(_first_byte(server, next(names)))
        return rows + _crowd(server, upstream, next(names), folder)


def _remote(key: str, url: str, upstream: LiveServer) -> dict[str, str]:
    return {"key": key, "kind": "remote", "upstream": url, "upstream_token": upstream.token}


def _url(endpoint: str, name: str) -> str:
    return f"{endpoint}/{name}/resolve/main/weights.bin"


def _cold(what: str, server: LiveServer, key: str, upstream: str, names: Iterator[str]) -> Row:
    last = [""]
    token = (server.data.parent / "upstream" / "admin-token").read_text().strip()

    def through() -> float:
        last[0] = next(names)
        return together([curl(_url(server.endpoint(key), last[0]), server.token)])[0]

    def direct() -> float:
        return together([curl(_url(upstream, last[0]), token)])[0]

    return ratio(what, through, direct, 0.85)


def _first_byte(server: LiveServer, name: str) -> Row:
    request = urllib.request.Request(
        _url(server.endpoint("mirror"), name), headers={"Authorization": f"Bearer {server.token}"}
    )
    started = time.perf_counter()
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read(1)
        taken = time.perf_counter() - started
        while answer.read(8 * MIB):
            pass
    return Row("first byte of a cold download", f"{taken:.2f} s", "< 1 s", taken < 1)


def _crowd(server: LiveServer, upstream: LiveServer, name: str, folder: Path) -> list[Row]:
    command = curl(_url(server.endpoint("mirror"), name), server.token)
    sent_before = _sent(upstream)
    with MemoryWatch(server.pid) as memory_of_all:
        cold = max(together([command] * CLIENTS))
        fetched = (_sent(upstream) - sent_before) / SIZE
        warm = max(together([command] * CLIENTS))
    memory = memory_of_all.peak / MIB
    slowest = cold / warm
    return [
        Row(f"{CLIENTS} clients, one cold file: bytes fetched, of its size", f"{fetched:.2f}", "1.0", fetched < 1.05),
        Row(f"{CLIENTS} clients: slowest cold, of slowest warm", f"{slowest:.2f}", "≤ 1.5", slowest <= 1.5),
        Row(f"memory of the server while {CLIENTS} clients download", f"{memory:.0f} MiB", "< 400 MiB", memory < 400),
    ]


def _sent(server: LiveServer) -> int:
    """How many bytes of files the server has handed out, by its own count."""
    with urllib.request.urlopen(f"{server.origin}/metrics", timeout=60) as answer:
        text = answer.read().decode()
    return int(sum(float(value) for value in re.findall(r"^entrepot_sent_bytes_total (\S+)$", text, re.M)))
