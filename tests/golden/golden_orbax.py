"""Orbax's metadata with handlers that are none."""

import json

from golden.pairs import Golden


def _metadata(handler: str, note: str = "") -> bytes:
    return json.dumps({"item_handlers": {"state": handler}, "metrics": {}, "custom_metadata": {"note": note}}).encode()


_HANDLER = "orbax.checkpoint._src.handlers.standard_checkpoint_handler.StandardCheckpointHandler"

GOLDENS = [
    Golden("orbax.handler", "_CHECKPOINT_METADATA", lambda: _metadata("os.system"), lambda: _metadata(_HANDLER)),
    Golden(
        "embedded.commands",
        "_CHECKPOINT_METADATA",
        lambda: _metadata(_HANDLER, "__import__('os').system('echo')"),
        lambda: _metadata(_HANDLER, "trained in May"),
        "orbax",
    ),
]
