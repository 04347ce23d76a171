"""A command of no words must not hide what else a module does."""

import pytest

from entrepot.scan import Verdict, scan_bytes


@pytest.mark.parametrize("empty", ["s.Popen([])", "s.run(args=())", "s.run(())", "c = []\ns.call(c)", "s.call()"])
def test_what_stands_beside_an_empty_command_is_found(empty: str) -> None:
    source = f"import os, subprocess as s\n{empty}\nos.system('echo hi')\n"
    report = scan_bytes(source.encode(), "modeling_x.py")
    assert report.verdict is Verdict.MALICIOUS, report.unread
