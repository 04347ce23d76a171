"""R data with promises and calls."""

import gzip

from golden.pairs import Golden
from r_making import (
    bytecode,
    call,
    chars,
    closure,
    environment,
    number,
    pairs,
    promise,
    rds,
    reals,
    symbol,
    texts,
    vector,
    workspace,
)

_SYSTEM = call("system", texts("echo hello"))
_FORMULA = call("~", symbol("y"), call("log", symbol("x")))
_CALL = call("lm", _FORMULA, symbol("data"), tags=("formula", "data"))
_FIT = closure(call("{", call("library", symbol("stats")), call("eval", symbol("expression"))))
_HONEST = rds(
    vector(
        reals(1.0, 2.0),
        _CALL,
        _FIT,
        environment(pairs(promise(call("nrow", symbol("data"))), tags=("n",))),
        names=("coefficients", "call", "fit", "env"),
    )
)


def _pair(rule: str, dangerous: bytes, case: str = "", harmless: bytes = _HONEST, name: str = "model.rds") -> Golden:
    return Golden(rule, name, lambda: dangerous, lambda: harmless, case, techniques=("F13",))


def _ascii(text: str) -> bytes:
    return text.encode()


_ASCII = "A\n2\n262658\n131840\n6\n1\n262153\n6\nsystem\n2\n16\n1\n262153\n10\necho\\040hello\n254\n"
_WORKSPACE = workspace(weights=reals(1.0, 2.0), predict_all=_FIT)

GOLDENS = [
    _pair("r.promise", rds(promise(_SYSTEM)), harmless=rds(vector(promise(call("c", symbol("x")), reals(1.0))))),
    _pair("r.promise", gzip.compress(rds(vector(reals(1.0), promise(call("f", reals(1.0)))))), "in a list"),
    _pair("r.promise", workspace(model=promise(call("cat", texts("hello")))), "workspace", _WORKSPACE, "model.RData"),
    _pair("r.promise", rds(promise(_SYSTEM), version=2), "version 2", rds(reals(1.0), version=2)),
    _pair("r.call", rds(vector(_SYSTEM))),
    _pair("r.call", rds(vector(call(call("::", symbol("base"), symbol("system")), texts("echo")))), "qualified"),
    _pair("r.call", rds(vector(call("do.call", texts("system"), texts("echo")))), "by name"),
    _pair("r.call", rds(vector(call(call("get", texts("system")), texts("echo")))), "got by name"),
    _pair("r.call", rds(vector(call("parse", texts("system('echo')"), tags=("text",)))), "parsed"),
    _pair(
        "r.call",
        rds(vector(call("do.call", call("paste0", texts("sys"), texts("tem")), texts("echo")))),
        "put together",
    ),
    _pair("r.call", rds(closure(call("{", _SYSTEM))), "closure"),
    _pair("r.call", rds(vector(_SYSTEM, kind=20)), "expression"),
    _pair("r.call", rds(closure(bytecode(number(1) + symbol("system"), number(16) + texts("echo")))), "byte code"),
    _pair("r.call", rds(environment(pairs(promise(_SYSTEM), tags=("x",)))), "in an environment"),
    _pair("r.call", _ascii(_ASCII), "ascii", _ascii("A\n2\n262658\n131840\n14\n2\n1.5\nNA\n")),
    _pair("r.call-unusual", rds(vector(call("unlink", texts("x"))))),
    _pair("r.startup", workspace(**{".First": _FIT}), harmless=_WORKSPACE, name="model.rda"),
    _pair(
        "r.mapped-file",
        rds(number(238) + pairs(symbol("mmap_real"), symbol("base")) + pairs(texts("/etc/passwd")) + number(254)),
        harmless=rds(
            number(238) + pairs(symbol("compact_intseq"), symbol("base")) + reals(3.0, 1.0, 1.0) + number(254)
        ),
    ),
    _pair("r.text", b"X\nexpression\nbase::system('echo hello')"),
]

FORMATS_SEEN = {"text.rds": lambda: rds(chars("a"))}
