"""A frame that ends inside an opcode, with a byte behind it that is none: what was called before was called."""

from entrepot.scan import Verdict, scan_bytes


def test_an_unknown_opcode_behind_a_straddled_frame_hides_nothing() -> None:
    called = b"\x8c\x05posix\x8c\x06system\x93\x8c\x07echo hi\x85R"
    text = b"\x8c\x20" + b"a" * 32
    stream = b"\x80\x04\x95" + (len(called) + 5).to_bytes(8, "little") + called + text + b"\0\0."
    report = scan_bytes(stream, "model.pkl")
    assert report.verdict is Verdict.MALICIOUS, report.unread
