"""May an object be filled with this state?"""

from entrepot.scan.imports import Import
from entrepot.scan.pickle.guards.judgement import HONEST, Judgement
from entrepot.scan.pickle.symbols import Called, Symbol


def judge_state(target: Called, state: Symbol, known: Import) -> Judgement:
    """What follows from filling with that state what `target` gave."""
    return HONEST
