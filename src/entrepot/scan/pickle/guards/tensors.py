"""Guards of tensors."""

from collections.abc import Mapping

from entrepot.scan.pickle.guards.judgement import Guard

GUARDS: Mapping[str, Guard] = {}
