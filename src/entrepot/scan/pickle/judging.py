"""Judges what a stream does while it does it: each import, call and state, by what is known of names."""

from collections.abc import Iterable

from entrepot.domain.report import Capability, Finding, Unread
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Member
from entrepot.scan.imports import Harm, Import, Tier, Use
from entrepot.scan.pickle.gathering import Gathered
from entrepot.scan.pickle.guards import Judgement, Ruling, judge, judge_state
from entrepot.scan.pickle.inline_arrays import is_wrapper
from entrepot.scan.pickle.plainness import is_loose, is_plain, loose_parts
from entrepot.scan.pickle.scalars import text_of
from entrepot.scan.pickle.state import Place
from entrepot.scan.pickle.storages import Storages
from entrepot.scan.pickle.symbols import Called, Global, Items, Long, Persistent, Symbol
from entrepot.scan.pickle.verdicts import (
    is_odd,
    known_of,
    nested_class,
    seems_class,
    unbind,
    verdict_of_call,
    verdict_of_mention,
)
from entrepot.scan.source import BytesSource, Source

_STATEFUL = frozenset(
    {"partial", "distribution", "formula-data", "joblib-file", "attribute", "method", "items", "getter", "caller"}
)
"""Guards of callables whose results are no mere data: their states are judged, or they are to be called."""
_MAKERS = frozenset({"reconstructor", "newobj", "new-object", "cython", "code", "cloudpickle-code", "dill-code"})


class Judge:
    """Listens to a machine, and gathers what is to be said about the file."""

    def __init__(self, source: Source, budget: Budget) -> None:
        self._source = source
        self._budget = budget
        self.gathered = Gathered(source)
        self._say = self.gathered.say
        self._show = self.gathered.show
        self._mentioned: dict[str, tuple[Import, Place]] = {}
        """Names that were imported and, so far, not called."""
        self.storages = Storages()
        self.capability = Capability.NO
        self._acted = False
        """Whether anything was called that no list allows."""

    def take(self) -> Iterable[Finding | Member | Unread | Capability]:
        """What was found since the last time."""
        return [*self.gathered.take(), self.capability]

    # --- what the machine tells ---

    def imported(self, symbol: Global, at: Place) -> None:
        known = known_of(symbol)
        self._able(known.tier)
        if known.tier is not Tier.ALLOWED and not known.permits(Use.REFERENCE):
            self._mentioned.setdefault(str(symbol), (known, at))
        if is_odd(symbol.module) or is_odd(symbol.name):
            self._say("name.odd", f"imports a name that no module has: {str(symbol)!r}", "", at)

    def computed(self, module: Symbol, name: Symbol, at: Place) -> None:
        self._able(Tier.UNKNOWN)
        shown = f"import {self._show(module)}, {self._show(name)}"
        self._say("name.computed", "imports a name that is put together while loading", shown, at)

    def extension(self, code: int, at: Place) -> None:
        self._able(Tier.UNKNOWN)
        message = f"imports whatever the reader has registered as extension {code}"
        self._say("extension-registry", message, f"copyreg._inverted_registry[{code}]", at)

    def called(self, call: Called, at: Place) -> Symbol:
        if isinstance(call.callable, Global):
            return self._judge_call(call, call.callable, at)
        if not isinstance(call.callable, Called | Persistent):
            return call  # data, which no unpickler could call
        if isinstance(call.callable, Called) and (unbound := unbind(call.callable, call.arguments)):
            return self.called(unbound, at)
        self._acted = True
        what = "what the loader gave for a persistent id" if isinstance(call.callable, Persistent) else "the result of"
        inner = "" if isinstance(call.callable, Persistent) else f" {self._name_of(call.callable)}"
        self._say("call.on-result", f"calls {what}{inner}", self._show(call), at)
        return call

    def built(self, target: Symbol, state: Symbol, at: Place) -> None:
        if isinstance(target, Global | Persistent):
            self._acted = True
            shown = f"{self._show(target)}.__dict__.update({self._show(state)})"
            self._say("state.on-global", f"changes {self._show(target)} itself, for the whole process", shown, at)
        elif isinstance(target, Called) and isinstance(target.callable, Global):
            self._judge_state(target, state, known_of(target.callable), at)
        if is_loose(state):
            self._look_through(state, at)
            self._look_for_callables(target, state, at)

    def method(self, target: Symbol, method: str, values: list[Symbol], at: Place) -> None:
        if isinstance(target, Global | Persistent):
            self._acted = True
            shown = f"{self._show(target)}.{method}({', '.join(self._show(value) for value in values[:4])})"
            self._say("state.on-global", f"changes {self._show(target)} itself, for the whole process", shown, at)
        elif isinstance(target, Called) and isinstance(target.callable, Global):
            known = known_of(target.callable)
            is_array = known.guard.startswith(("tensor", "array"))
            if is_array or (known.tier is Tier.ALLOWED and not known.permits(Use.BUILD)):
                shown = f"{self._show(target)}.{method}({', '.join(self._show(value) for value in values[:4])})"
                self._say("state.unusual", f"calls {method} of what {known} gave, which is no container", shown, at)
        for value in values:
            if is_loose(value):
                self._look_through(value, at)

    def persistent(self, pid: Symbol, at: Place) -> None:
        self.storages.note(pid)

    def straddled(self, at: Place) -> None:
        message = "a frame ends inside an opcode: C's and Python's unpickler read on at different places"
        self._say("frame.straddled", message, "", at)

    def constant(self, value: str | bytes | Long, at: Place) -> None:
        from entrepot.scan.pickle import nested  # the decoders are needed for few files

        data = nested.carried(value, self._source, self._budget)
        if data and nested.seems_loadable(data) and self._is_whole(data):
            self.gathered.add_member(f"constant@{at.offset}", data)

    def _is_whole(self, data: bytes) -> bool:
        """Whether it is more than a text that begins as pickles did before they said their protocol."""
        if data[:1] == b"\x80" or data[:2] == b"PK":
            return True
        from entrepot.scan.pickle.machine import follow
        from entrepot.scan.pickle.reader import Reader

        source = BytesSource(data)
        return not follow(Reader(source, 0), Judge(source, self._budget), self._budget).broken

    def bomb(self, kind: str, message: str, at: Place) -> None:
        self._say(f"bomb.{kind}", message, "", at)

    def settled(self, symbol: Global, use: str) -> bool:
        known = known_of(symbol)
        if is_wrapper(symbol):
            return False
        if known.tier is Tier.ALLOWED:
            return known.permits(Use.NEWOBJ if use == "NEWOBJ" else Use.REDUCE)
        return known.tier is Tier.UNKNOWN and use == "NEWOBJ"

    def finish(self, value: Symbol) -> None:
        """The stream is over: judge what was imported and never called, and what is left on the stack."""
        for known, at in self._mentioned.values():
            if verdict := verdict_of_mention(known):
                self._say(*verdict, f"import {known}", at)
        self._mentioned.clear()
        if is_loose(value):
            self._look_through(value, None)

    def broke(self, why: str, offset: int, truncated: bool) -> None:
        """The stream ended before its STOP."""
        if self._acted or (self.capability is not Capability.NO and not truncated):
            message = "imports and calls, and then breaks: what it did, it has done by then"
            self._say("broken-after-call", message, why, Place(offset, ""))

    # --- how it is judged ---

    def _judge_call(self, call: Called, symbol: Global, at: Place) -> Symbol:
        known = known_of(symbol)
        if known.tier in (Tier.ALLOWED, Tier.GUARDED):
            return self._judge_listed(call, known, at)
        rule, message = verdict_of_call(call, known)
        self._acted = self._acted or rule != "class.unknown"
        self._mentioned.pop(str(symbol), None)
        self._say(rule, message, self._show(call), at)
        call.plain = rule == "class.unknown" and self._is_data(call.arguments)
        self._look_inside(call, at)
        return call

    def _judge_listed(self, call: Called, known: Import, at: Place) -> Symbol:
        self._mentioned.pop(str(call.callable), None)
        judgement = judge(self._held(call) if known.tier is Tier.GUARDED else call, known)
        if judgement.ruling is not Ruling.HONEST:
            self._follow_judgement(judgement, "call", self._show(call), at)
        for number, data in enumerate(judgement.nested):
            self.gathered.add_member(f"{known}@{at.offset}.{number}", data)
        call.plain = judgement.ruling is Ruling.HONEST and self._gives_data(call, known)
        if known.tier is Tier.ALLOWED and is_loose(call.arguments):
            self._look_through(call.arguments, at)
        if judgement.ruling is Ruling.HONEST and known.tier is Tier.GUARDED:
            for part in loose_parts(call.arguments):
                # What a guard agrees to be given is no mention without a use; of the unknown, a word is said.
                if not (isinstance(part, Global) and known_of(part).tier is Tier.UNKNOWN):
                    self._mentioned.pop(str(part), None)
            return judgement.result or nested_class(call, known) or call
        return call if judgement.result is None else judgement.result

    def _judge_state(self, target: Called, state: Symbol, known: Import, at: Place) -> None:
        judgement = judge_state(target, state, known)
        if judgement.ruling is not Ruling.HONEST:
            self._follow_judgement(judgement, "state", f"{self._show(target)}.__setstate__({self._show(state)})", at)

    def _follow_judgement(self, judgement: Judgement, what: str, shown: str, at: Place) -> None:
        if judgement.ruling is Ruling.HARMFUL:
            self._acted = True
            harm = judgement.harm or Harm.EXECUTION
            self._say(f"call.{harm}" if what == "call" else "state.harm", judgement.why, shown, at)
        elif judgement.ruling is Ruling.UNUSUAL:
            self._acted = True
            self._say(f"{what}.unusual", judgement.why, shown, at)

    def _look_through(self, symbol: Symbol, at: Place | None) -> None:
        """Names that may be called with the right arguments, but not be handed to others who call them."""
        for part in loose_parts(symbol):
            known = known_of(part) if isinstance(part, Global) else None
            if known and known.tier is Tier.GUARDED and not known.permits(Use.REFERENCE) and known.guard != "caller":
                message = f"hands on {known}, which is harmless only with the right arguments"
                self._say("reference.guarded", message, self._show(symbol), at or Place(0, ""))

    def _look_for_callables(self, target: Symbol, state: Symbol, at: Place) -> None:
        states = state if isinstance(state, tuple) else (state,)
        for part in states:
            if not isinstance(part, Items) or part.kind != "dict":
                continue
            for key, value in zip(part.items[::2], part.items[1::2], strict=False):
                if dangerous := self._dangerous_in(value):
                    self._acted = True
                    message = f"gives an object {dangerous}, for whoever uses it to call"
                    self._say(
                        "state.callable",
                        message,
                        f"{self._show(target)}.__dict__[{self._show(key)}] = {self._show(value)}",
                        at,
                    )

    def _dangerous_in(self, symbol: Symbol) -> Global | None:
        parts = (part for part in loose_parts(symbol) if isinstance(part, Global))
        return next((part for part in parts if _is_harmful(known_of(part))), None)

    def _gives_data(self, call: Called, known: Import) -> bool:
        """Whether nothing that is done to what an honest call gives, with data, would have to be judged."""
        first = call.arguments[0] if isinstance(call.arguments, tuple) and call.arguments else None
        if known.guard in _MAKERS and not (isinstance(first, Global) and not known_of(first).guard):
            return False
        return known.guard not in _STATEFUL and not is_wrapper(call.callable) and self._is_data(call.arguments)

    def _is_data(self, symbol: Symbol) -> bool:
        """Whether nothing in it is worse than a class that may be named."""
        if is_plain(symbol):
            return True
        for part in loose_parts(symbol):
            if not isinstance(part, Global):
                return False
            known = known_of(part)
            if not (known.permits(Use.REFERENCE) or (known.tier is Tier.UNKNOWN and seems_class(known.name))):
                return False
        return True

    # --- what is in its arguments ---

    def _held(self, call: Called) -> Called:
        """The call with its long texts and bytes read: their guards want to see them."""
        if not isinstance(call.arguments, tuple) or not any(isinstance(item, Long) for item in call.arguments):
            return call
        return Called(call.callable, tuple(map(self._whole, call.arguments)), call.keywords, call.opcode)

    def _whole(self, symbol: Symbol) -> Symbol:
        if not isinstance(symbol, Long) or symbol.kind == "bytearray":
            return symbol
        self._budget.check_string(symbol.size)
        data = self._source.read(symbol.offset, symbol.size)
        return data if symbol.kind == "bytes" else text_of(data)

    def _look_inside(self, call: Called, at: Place) -> None:
        from entrepot.scan.pickle import nested  # the decoders are needed for few files

        for number, data in enumerate(nested.payloads(call, self._source, self._budget)):
            if nested.seems_loadable(data):
                self.gathered.add_member(f"{self._name_of(call)}@{at.offset}.{number}", data)

    # --- how it is said ---

    def _able(self, tier: Tier) -> None:
        if tier not in (Tier.ALLOWED, Tier.GUARDED):
            self.capability = Capability.YES
        elif self.capability is Capability.NO:
            self.capability = Capability.ALLOWED_IMPORTS

    def _name_of(self, called: Called) -> str:
        return str(called.callable) if isinstance(called.callable, Global) else "a computed name"


def _is_harmful(known: Import) -> bool:
    """Whether it does harm to whoever calls it without more ado."""
    return verdict_of_mention(known) is not None and known.tier is Tier.DANGEROUS
