"""How the Hub writes names in its URLs."""

from entrepot.domain.errors import Invalid
from entrepot.domain.names import FilePath, Locator, PackageName, PackageType, RepositoryKey
from entrepot.http.routes import Call


def repository(call: Call) -> RepositoryKey:
    """The repository in the URL."""
    return RepositoryKey(call.params["key"])


def package(call: Call) -> PackageName:
    """The package in the URL, whether it is an API path (`models/…`) or a page path (`…`, `datasets/…`)."""
    word = call.params.get("type") or call.params.get("prefix", "").rstrip("/") or "models"
    return PackageName.parse(PackageType.from_plural(word), call.params["id"].removesuffix(".git"))


def locator(call: Call) -> Locator:
    """The file in the URL."""
    return Locator(repository(call), package(call), call.params["rev"], FilePath(call.params["path"]))


def body_type(word: object) -> PackageType:
    """The package type that a JSON body names; a model where it names none. Raises `Invalid`."""
    if word is None:
        return PackageType.MODEL
    try:
        return PackageType(str(word))
    except ValueError:
        raise Invalid(f"no package type is called {str(word)[:40]!r}") from None


def page_url(base: str, name: PackageName) -> str:
    """The package's page. Models carry `models/`: clients before 1.20 cut the URL at its slashes and need it."""
    return f"{base}/{name.type.plural}/{name.id}"
