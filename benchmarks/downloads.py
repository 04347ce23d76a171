"""Warm downloads against nginx, over Xet against plain HTTP, and over a shaped link."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from live_server import LiveServer
from measure import MIB, QUICK, ROOT, SIZE, Row, curl, parts, ratio, seconds, together
from peers import nginx

SCRIPT = """
import os, sys, tempfile, time
from huggingface_hub import hf_hub_download
cache = tempfile.mkdtemp(dir=sys.argv[2])
started = time.perf_counter()
hf_hub_download(sys.argv[1], "weights.bin", cache_dir=cache)
print(time.perf_counter() - started)
"""
UPLOAD = """
import sys
from huggingface_hub import HfApi
api = HfApi()
api.create_repo(sys.argv[1], exist_ok=True)
api.upload_file(path_or_fileobj=sys.argv[2], path_in_repo="weights.bin", repo_id=sys.argv[1])
"""


def environment(endpoint: str, token: str, **more: str) -> dict[str, str]:
    """What a client's process is given."""
    home = {"HF_HOME": tempfile.mkdtemp(), "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    return {"PATH": os.environ["PATH"], "HF_ENDPOINT": endpoint, "HF_TOKEN": token} | home | more


def upload(server: LiveServer, name: str, path: Path, *, xet: bool) -> float:
    """Upload a file with the stock client; the seconds it took."""
    more = {} if xet else {"HF_HUB_DISABLE_XET": "1"}
    surroundings = environment(server.endpoint("models"), server.token, **more)
    return seconds([sys.executable, "-c", UPLOAD, name, str(path)], surroundings)


def random_file(path: Path, size: int = SIZE) -> Path:
    """A file of random bytes."""
    with path.open("wb") as file:
        for _ in range(size // MIB):
            file.write(os.urandom(MIB))
    return path


def client_download(server: LiveServer, name: str, folder: Path, *, xet: bool) -> float:
    """Download with the stock client into an empty cache; the seconds it took, the interpreter's start left out."""
    more = {} if xet else {"HF_HUB_DISABLE_XET": "1"}
    surroundings = environment(server.endpoint("models"), server.token, **more)
    home = surroundings["HF_HOME"]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, name, str(folder)], env=surroundings, check=True, capture_output=True, text=True
    )
    for leftover in [Path(home), *folder.glob("tmp*")]:
        shutil.rmtree(leftover, ignore_errors=True)
    return float(done.stdout)


def measure(folder: Path) -> list[Row]:
    """The rows of this benchmark."""
    with LiveServer(folder / "data") as server, nginx(folder / "nginx", folder / "files") as peer:
        path = random_file(folder / "files" / "weights.bin")
        upload(server, "bench/plain", path, xet=False)
        rows = _against_nginx(server, peer)
        (folder / "caches").mkdir()
        rows.append(
            ratio(
                "warm download over Xet, of plain HTTP, same client (file came by LFS)",
                lambda: client_download(server, "bench/plain", folder / "caches", xet=True),
                lambda: client_download(server, "bench/plain", folder / "caches", xet=False),
                0.8,
            )
        )
        upload(server, "bench/chunked", path, xet=True)
        rows.append(
            ratio(
                "the same, where the file came by Xet",
                lambda: client_download(server, "bench/chunked", folder / "caches", xet=True),
                lambda: client_download(server, "bench/plain", folder / "caches", xet=False),
                0.8,
            )
        )
    return rows


def _against_nginx(server: LiveServer, peer: str) -> list[Row]:
    ours = f"{server.endpoint('models')}/bench/plain/resolve/main/weights.bin"
    theirs = f"{peer}/weights.bin"
    token = server.token
    rows = []
    for what, mine, other in (
        ("1 client", [curl(ours, token)], [curl(theirs)]),
        ("8 clients", [curl(ours, token)] * 8, [curl(theirs)] * 8),
        (
            "8 parallel ranges",
            [curl(ours, token, part) for part in parts(SIZE, 8)],
            [curl(theirs, "", part) for part in parts(SIZE, 8)],
        ),
    ):
        row = ratio(
            f"warm download, {what}, of nginx with sendfile",
            lambda mine=mine: max(together(mine)),
            lambda other=other: max(together(other)),
            0.8,
        )
        rows.append(row)
    return rows


def over_a_link(folder: Path) -> list[Row]:
    """8 clients over a link of 1 Gbit/s between network namespaces that are made here."""
    size = (64 if QUICK else 256) * MIB
    here, there = "entrepot-server", "entrepot-client"
    commands = f"""
ip netns add {here}; ip netns add {there}
ip link add ent0 netns {here} type veth peer name ent1 netns {there}
ip -n {here} addr add 10.99.7.1/24 dev ent0; ip -n {there} addr add 10.99.7.2/24 dev ent1
ip -n {here} link set ent0 up; ip -n {there} link set ent1 up; ip -n {here} link set lo up
ip netns exec {here} tc qdisc add dev ent0 root tbf rate 1gbit burst 256kb latency 50ms
"""
    try:
        subprocess.run(["bash", "-ec", commands], check=True, capture_output=True)
        with LiveServer(folder / "data") as server:
            upload(server, "bench/link", random_file(folder / "link.bin", size), xet=False)
        return [_shaped(folder, here, there, size)]
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        return [Row("link of 1 Gbit/s, 8 clients", f"not measured: {error}", "≥ 0.95", False)]
    finally:
        for name in (here, there):
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def _shaped(folder: Path, here: str, there: str, size: int) -> Row:
    port, token = 8099, (folder / "data" / "admin-token").read_text().strip()
    command = ["ip", "netns", "exec", here, sys.executable, "-m", "entrepot", "serve", "--host", "10.99.7.1"]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--data", str(folder / "data")],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "ENTREPOT_LOG_LEVEL": "warning"},
        stdout=subprocess.DEVNULL,
    )
    try:
        inside = ["ip", "netns", "exec", there]
        url = f"http://10.99.7.1:{port}/hub/models/bench/link/resolve/main/weights.bin"
        _wait_for(inside, f"http://10.99.7.1:{port}/readyz")
        taken = max(together([inside + curl(url, token)] * 8))
    finally:
        process.terminate()
        process.wait(60)
    # Of each frame of 1,514 bytes that the link counts, 1,448 are ours: TCP, IP and Ethernet have the rest.
    share = 8 * size * 8 / taken / 1e9 / (1448 / 1514)
    return Row("link of 1 Gbit/s, 8 clients: share of what TCP can carry", f"{share:.3f}", "≥ 0.95", share >= 0.95)


def _wait_for(inside: list[str], url: str) -> None:
    for _ in range(100):
        if subprocess.run([*inside, *curl(url)], check=False, stderr=subprocess.DEVNULL).returncode == 0:
            return
        time.sleep(0.1)
    raise RuntimeError("the server in its namespace is not ready")
