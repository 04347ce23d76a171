"""Sources as Python decodes and parses them, and when their code runs."""

import ast

import pytest

from entrepot.scan.budget import Budget
from entrepot.scan.python.names import Scope
from entrepot.scan.python.reach import When, reached
from entrepot.scan.python.source import decoded, encoding, is_usual, trees


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"# -*- coding: latin-1 -*-", "latin_1"),
        (b"# vim: set fileencoding=utf8 :", "utf8"),
        (b"# -*- mode: python; coding: utf-8-unix -*-", "utf_8"),
        (b"x = 1\n# coding: utf-7", ""),
        (b"#!/usr/bin/python\n# coding: utf-7", "utf_7"),
    ],
)
def test_the_encoding_is_what_python_takes_it_for(line: bytes, name: str) -> None:
    assert encoding(line) == name


def test_only_encodings_that_make_code_of_comments_are_odd() -> None:
    assert is_usual("gb18030") and is_usual("cp1252") and not is_usual("utf_7") and not is_usual("raw_unicode_escape")


def test_utf_7_is_decoded() -> None:
    assert "import os" in decoded(b"# coding: utf-7\n#+AAo-import os\n").splitlines()


def test_python_2_is_parsed() -> None:
    [tree] = trees("print 'hi'\nexec 'x'\n")
    assert isinstance(tree, ast.Module)
    assert len(tree.body) == 2


@pytest.mark.parametrize(
    ("source", "when"),
    [
        ("f()", When.ON_IMPORT),
        ("def g(): f()", When.ASKED),
        ("def g(): f()\ng()", When.ON_IMPORT),
        ("if __name__ == '__main__': f()", When.ASKED),
        ("if x and __name__ == '__main__': f()", When.ASKED),
        ("class A:\n    def forward(self): f()", When.BY_LOADER),
        ("class A:\n    def go(self): f()\nA().go()", When.ON_IMPORT),
        ("class A:\n    def __len__(self): f()\nA()", When.ON_IMPORT),
        ("import sys\nsys.excepthook = lambda *a: f()", When.ON_IMPORT),
    ],
)
def test_code_runs_as_soon_as_something_that_runs_calls_it(source: str, when: When) -> None:
    called = [
        one.when
        for one in reached(ast.parse(source), Budget())
        if isinstance(one.node, ast.Call) and isinstance(one.node.func, ast.Name) and one.node.func.id == "f"
    ]
    assert called == [when]


@pytest.mark.parametrize(
    "source",
    [
        "__import__('os').system('')",
        "getattr(__import__('o' + 's'), 'metsys'[::-1])('')",
        "import os\nvars(os)['system']('')",
        "import sys\nsys.modules['os'].system('')",
        "import os, operator\noperator.attrgetter('getcwd', 'system')(os)[1]('')",
        "import os, operator\noperator.methodcaller('__getattribute__', 'system')(os)('')",
        "from os import *\nsystem('')",
    ],
)
def test_a_name_is_followed_by_whichever_way_it_is_reached(source: str) -> None:
    tree = ast.parse(source)
    scope = Scope(list(ast.walk(tree)))
    names = {scope.function(node) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert "os.system" in names
