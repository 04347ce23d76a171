"""MLflow's MLmodel: which module loads the model, from where, with which code beside it."""

from collections.abc import Iterator, Mapping

from entrepot.domain.report import Capability, Finding
from entrepot.scan.archive import escapes
from entrepot.scan.configs import Document
from entrepot.scan.imports import Tier, look_up
from entrepot.scan.rules import found

_LOADERS = frozenset(
    "mlflow torch sklearn xgboost lightgbm catboost tensorflow keras statsmodels spacy "
    "fastai onnx h2o prophet pmdarima "
    "transformers sentence_transformers langchain openai diviner johnsnowlabs paddle mleap pyspark".split()
)
# These take what is run from other entries.
_INDIRECT = frozenset(("mlflow.projects", "mlflow.utils", "mlflow.pyfunc.scoring_server"))

_PICKLERS = frozenset("pickle cloudpickle dill joblib mlflow.pytorch.pickle_module".split())
_PATHS = ("path", "data", "code", "model", "dir", "file", "env", "conda")
# Of these MLflow takes the last part only, or they say where the model once came from.
_NO_PATHS = frozenset("model_code_path source_model_name loader_module source_path".split())


def mlflow(document: Document, name: str) -> Iterator[Finding | Capability]:
    """Findings of a document that describes a model to MLflow."""
    flavors = document.get("flavors") if isinstance(document, dict) else None
    if not isinstance(flavors, dict):
        return
    yield Capability.YES
    for flavor, settings in flavors.items():
        if not isinstance(settings, dict):
            continue
        loader = settings.get("loader_module")
        if isinstance(loader, str) and not _is_known(loader):
            message = f"the flavor {flavor} is loaded by importing {loader}"
            yield found("mlflow.loader-module", message, evidence=f"flavors.{flavor}.loader_module: {loader}")
        yield from _settings(flavor, settings)


def _settings(flavor: object, settings: Mapping[str, object]) -> Iterator[Finding]:
    for key, value in settings.items():
        if not isinstance(value, str) or key in _NO_PATHS:
            continue
        if key == "pickle_module_name" and value not in _PICKLERS:
            message = f"the flavor {flavor} unpickles with the module {value}"
            yield found("mlflow.loader-module", message, evidence=f"flavors.{flavor}.{key}: {value}")
        elif key.endswith(_PATHS) and (escapes(value) or "://" in value):
            message = f"the flavor {flavor} reads {value}, outside of the model"
            yield found("config.path-outside", message, evidence=f"flavors.{flavor}.{key}: {value}")


def _is_known(module: str) -> bool:
    top = module.partition(".")[0]
    if top == "mlflow":
        return not any(module == one or module.startswith(f"{one}.") for one in _INDIRECT)
    # Among the known packages are modules that load whatever they are told.
    return top in _LOADERS and look_up(module, "_load_pyfunc").tier is not Tier.DANGEROUS
