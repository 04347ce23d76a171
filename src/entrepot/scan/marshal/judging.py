"""Is compiled code harmful, going by the names and texts in it? And how would one show it?"""

from collections.abc import Iterator

from entrepot.scan.marshal.reading import Code, Value
from entrepot.scan.pattern import Pattern

MAX_LINES = 60
_HARMFUL = Pattern(
    r"^(?:system|popen|exec|eval|compile|execv\w*|execl\w*|spawn\w*|Popen|check_output|check_call|getoutput|getstatusoutput|"
    r"__import__|import_module|subprocess|socket|create_connection|urlopen|urlretrieve|requests|httpx|ctypes|CDLL|cdll|"
    r"rmtree|unlink|remove|pty|fork|startfile|open|marshal|pickle|loads|b64decode|__builtins__|__globals__|__subclasses__|"
    r"os|sys|posix|nt|shutil|runpy|run_path|load_library|load_op_library|py_function|numpy_function|py_func|read_file|write_file|"
    r"WriteFile|ReadFile|get_file|environ|putenv|kill|getattr|setattr|globals)$"
)
_HARMFUL_TEXT = Pattern(
    r"(?i)/bin/|\bcurl\b|\bwget\b|https?://|/etc/|\.ssh|powershell|cmd\.exe|base64|\beval\(|\bexec\(|"
    r"import os|subprocess"
)
# By the layout that the file has; 3.13 renumbered most.
_OPCODES = {
    "3.11 and later": {100: "LOAD_CONST", 101: "LOAD_NAME", 116: "LOAD_GLOBAL", 106: "LOAD_ATTR", 108: "IMPORT_NAME",
                       109: "IMPORT_FROM", 160: "LOAD_METHOD", 171: "CALL", 83: "RETURN_VALUE", 124: "LOAD_FAST"},
    "other": {100: "LOAD_CONST", 101: "LOAD_NAME", 116: "LOAD_GLOBAL", 106: "LOAD_ATTR", 108: "IMPORT_NAME",
              109: "IMPORT_FROM", 160: "LOAD_METHOD", 131: "CALL_FUNCTION", 161: "CALL_METHOD", 141: "CALL_FUNCTION_KW",
              83: "RETURN_VALUE", 124: "LOAD_FAST"},
}  # fmt: skip


def harm(code: Code) -> list[str]:
    """The names and texts that point to harm; empty where there are none."""
    found: list[str] = []
    for one in code.walk():
        found += [name for name in one.names if _HARMFUL.search(name)]
        found += [text for text in _texts(one.constants) if _HARMFUL_TEXT.search(text)]
    return list(dict.fromkeys(found))


def shown(code: Code) -> str:
    """The code as a listing, for evidence: opcodes that name something, with what they name."""
    lines = []
    for one in code.walk():
        texts = ", ".join(map(repr, _texts(one.constants)))
        lines.append(f"{one.name}: names {', '.join(one.names) or '-'}; texts {texts or '-'}")
        lines += _listing(one)
    return "\n".join(lines[:MAX_LINES])


def _listing(code: Code) -> Iterator[str]:
    table = _OPCODES.get(code.layout, _OPCODES["other"])
    if code.layout == "2.7":
        return
    is_new = code.layout == "3.11 and later"
    for at in range(0, len(code.bytecode) - 1, 2):
        opcode, argument = code.bytecode[at], code.bytecode[at + 1]
        if name := table.get(opcode):
            yield f"  {at:4} {name} {_argument(name, argument, code, is_new)}".rstrip()


def _argument(name: str, argument: int, code: Code, is_new: bool) -> str:
    if name == "LOAD_CONST":
        value = code.constants[argument] if argument < len(code.constants) else "?"
        return f"<code {value.name}>" if isinstance(value, Code) else repr(value)[:120]
    if name in ("LOAD_NAME", "LOAD_ATTR", "IMPORT_NAME", "IMPORT_FROM", "LOAD_METHOD"):
        return code.names[argument] if argument < len(code.names) else f"? {argument}"
    if name == "LOAD_GLOBAL":
        # From 3.11 on, the lowest bit says whether a call follows.
        at = argument >> 1 if is_new else argument
        return code.names[at] if at < len(code.names) else f"? {argument}"
    return str(argument) if name.startswith("CALL") else ""


def _texts(values: tuple[Value, ...]) -> list[str]:
    found: list[str] = []
    waiting = list(values)
    while waiting and len(found) < 200:
        value = waiting.pop(0)
        if isinstance(value, str) and value:
            found.append(value)
        elif isinstance(value, bytes) and value:
            found.append(value.decode("latin-1"))
        elif isinstance(value, tuple):
            waiting += value[:200]
    return found
