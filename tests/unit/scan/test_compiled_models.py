"""Models for one accelerator: what can be told of them, and what is none of a stranger's programs."""

import os
import pickle

import pytest

from entrepot.scan import Coverage, scan_bytes


class _Echo:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("echo hi",)


def _library(machine: int) -> bytes:
    return b"\x7fELF\2\1\1" + bytes(9) + b"\3\0" + machine.to_bytes(2, "little") + b"\1\0\0\0" + bytes(100)


def _rules(data: bytes, name: str) -> list[str]:
    report = scan_bytes(data, name)
    assert report.coverage is not Coverage.FULL
    return [finding.rule for finding in report.findings]


def _rockchip(description: bytes, after: bytes = b"") -> bytes:
    secret = bytes(range(1, 101))
    head = b"RKNN\0\0\0\0" + (6).to_bytes(8, "little") + len(secret).to_bytes(8, "little")
    return head + secret + len(description).to_bytes(8, "little") + description + after


@pytest.mark.parametrize("machine", [164, 190, 224])
def test_kernels_for_accelerators_are_no_programs(machine: int) -> None:
    assert _rules(b"ftrt" + bytes(100) + _library(machine), "m.engine") == []


@pytest.mark.parametrize("magic", [b"ptrt", b"ftrt"])
def test_a_library_in_an_engine_is_told(magic: bytes) -> None:
    assert _rules(magic + bytes(100) + _library(62), "m.plan") == ["executable.native"]


def test_the_description_of_a_rockchip_model_is_read() -> None:
    assert _rules(_rockchip(b'{"name": "model"}'), "m.rknn") == []
    assert "config.target-dangerous" in _rules(_rockchip(b'{"_target_": "os.system", "command": "echo"}'), "m.rknn")


def test_what_follows_a_rockchip_model_is_looked_at() -> None:
    assert "pickle.call.process" in _rules(_rockchip(b"{}", pickle.dumps(_Echo(), 2)), "m.rknn")


def test_a_rockchip_model_that_lies_about_its_size_is_searched_all_the_same() -> None:
    data = bytearray(_rockchip(b"{}", bytes(8) + _library(62)))
    data[16:24] = b"\xff" * 8
    assert _rules(bytes(data), "m.rknn") == ["executable.in-model"]
