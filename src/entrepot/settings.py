"""Every setting there is: read once, from a TOML file and `ENTREPOT_*`, and handed on as values."""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from croniter import croniter

from entrepot.domain.errors import WrongSetting

PREFIX = "ENTREPOT_"
DAY = 86_400
"""Seconds."""


_SAME: dict[type, tuple[type, ...]] = {int: (int,), float: (float, int), str: ()}
"""What a TOML file may say for a setting of each kind, besides a text: 80.9 is no port."""


def _setting(default: Any, doc: str, check: Callable[[Any], str | None] | None = None) -> Any:
    return field(default=default, metadata={"doc": doc, "check": check})


def _between(low: float, high: float) -> Callable[[float], str | None]:
    # Neither infinity nor what is not a number is between anything.
    return lambda value: None if low <= value <= high else f"has to be between {low:,} and {high:,}".replace(",", "_")


def _split(value: str) -> SplitResult:
    try:
        return urlsplit(value)
    except ValueError:  # half an IPv6 address
        return urlsplit("")


def _origin(value: str) -> str | None:
    parts = _split(value)
    if not value or (parts.scheme in ("http", "https") and parts.netloc and parts.path in ("", "/")):
        return None
    return "has to be an origin such as https://models.example.org, without a path"


def _one_of(*words: str) -> Callable[[str], str | None]:
    return lambda value: None if value in words else f"has to be one of: {', '.join(words)}"


def _filled(value: str) -> str | None:
    return None if value.strip() and value.isprintable() else "can't be empty, nor have control characters"


def _place(value: str) -> str | None:
    return None if not value or _split(value).scheme else "has to be a URL such as file:///srv/blobs"


def _secret(value: str) -> str | None:
    return None if not value or len(value) >= 16 else "is too short to be secret; 'openssl rand -hex 32' makes one"


def _database(value: str) -> str | None:
    if not value or value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        return None
    return "has to begin with sqlite:/// or postgresql://"


def _cron(value: str) -> str | None:
    return (
        None if not value or croniter.is_valid(value) else "has to be a time as cron writes it, such as '17 */6 * * *'"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one server; `docs/settings.md` lists them with what they mean."""

    data: str = _setting("data", "The folder that holds everything: database, blobs, keys.", _filled)
    host: str = _setting("127.0.0.1", "The address to listen on; 0.0.0.0 for every one of this machine.", _filled)
    port: int = _setting(8080, "The port to listen on.", _between(1, 65535))
    workers: int = _setting(1, "How many processes serve; they share the database and the blobs.", _between(1, 256))
    public_url: str = _setting(
        "", "The origin that clients reach this server at; empty to take it from `Host`.", _origin
    )
    database: str = _setting("", "The catalog: a `postgresql://` URL; empty for SQLite in the data folder.", _database)
    blobs: str = _setting("", "Where bytes are kept: a `file:///` URL; empty for the data folder.", _place)
    secret_key: str = _setting(
        "",
        "What URLs are signed and upstream tokens encrypted with; empty for a key kept in the data folder. "
        "Replicas need the same.",
        _secret,
    )
    log_level: str = _setting(
        "info", "How much is logged: debug, info, warning or error.", _one_of("debug", "info", "warning", "error")
    )
    log_format: str = _setting(
        "auto", "json for machines, text for people; auto: text on a terminal.", _one_of("auto", "json", "text")
    )
    shutdown_seconds: int = _setting(
        60, "How long transfers may go on after the server was told to stop.", _between(1, DAY)
    )
    max_file_bytes: int = _setting(1 << 40, "The largest file that is taken in.", _between(1, 1 << 60))
    max_regular_bytes: int = _setting(
        10_000_000, "Files over this many bytes are uploaded as large files (LFS or Xet).", _between(1, 1_000_000_000)
    )
    link_seconds: int = _setting(3600, "How long upload and fetch links stay valid.", _between(1, 7 * DAY))
    upstream_seconds: float = _setting(
        30.0, "How long an upstream may be silent before it counts as gone.", _between(0.1, DAY)
    )
    branch_seconds: float = _setting(
        60.0, "How long an upstream's branches and lists are taken for current.", _between(0, 365 * DAY)
    )
    missing_seconds: float = _setting(
        300.0, "How long it is remembered that an upstream does not have a name.", _between(0, 365 * DAY)
    )
    scanning: str = _setting(
        "on",
        "Whether files are scanned; off: nothing is known of them, and rules that ask what is in a file refuse it.",
        _one_of("on", "off"),
    )
    scan_workers: int = _setting(2, "How many files each process has scanned at once.", _between(1, 64))
    scan_seconds: int = _setting(
        600, "How long looking at one file may take; what is not done by then is not read.", _between(1, DAY)
    )
    scan_memory_bytes: int = _setting(
        1 << 30, "How much memory a process that scans may take, beyond the scanner itself.", _between(1 << 26, 1 << 40)
    )
    scan_unpacked_bytes: int = _setting(
        16 << 30, "How many bytes the packed members of one file may become.", _between(1 << 20, 1 << 45)
    )
    rescan_schedule: str = _setting(
        "*/15 * * * *",
        "When files are looked for that this version of the scanner has not seen, as cron writes it; empty for never.",
        _cron,
    )
    two_person_waivers: str = _setting(
        "off", "on: a waiver has to be granted by somebody else than who asked for it.", _one_of("on", "off")
    )
    incident_hours: float = _setting(
        8.0, "Hours of work that one bad package would have cost; what savings are counted with.", _between(0, 10_000)
    )
    gc_grace_hours: float = _setting(
        24.0, "How long bytes without a name are kept before they are collected.", _between(0, 24 * 365)
    )
    xorb_grace_days: float = _setting(
        28.0, "How long chunks that no file uses are kept; Xet clients refer to them for weeks.", _between(0, 3650)
    )
    gc_schedule: str = _setting("17 */6 * * *", "When garbage is collected, as cron writes it; empty for never.", _cron)

    @property
    def data_folder(self) -> Path:
        """The data folder, as an absolute path."""
        return Path(self.data).absolute()

    @property
    def database_url(self) -> str:
        """The catalog's URL, with its driver named."""
        if not self.database:
            return f"sqlite:///{self.data_folder / 'entrepot.db'}"
        return self.database.replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def blobs_url(self) -> str:
        """The blob store's URL."""
        return self.blobs or self.data_folder.as_uri()


def read(environment: Mapping[str, str] | None = None, file: Path | None = None, **given: Any) -> Settings:
    """The settings: what was given here, else the environment, else the file, else the default.

    Raises `WrongSetting`.
    """
    environment = os.environ if environment is None else environment
    if file is None and environment.get(f"{PREFIX}CONFIG"):
        file = Path(environment[f"{PREFIX}CONFIG"])
    values: dict[str, tuple[Any, str]] = _of_file(file) if file else {}
    for item in fields(Settings):
        name = PREFIX + item.name.upper()
        if name in environment:
            values[item.name] = (environment[name], name)
        if given.get(item.name) is not None:
            values[item.name] = (given[item.name], f"--{item.name.replace('_', '-')}")
    return Settings(**{name: _value(name, value, source) for name, (value, source) in values.items()})


def _of_file(file: Path) -> dict[str, tuple[Any, str]]:
    try:
        content = tomllib.loads(file.read_text())
    except OSError as error:
        raise WrongSetting(f"the settings file {file} can't be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongSetting(f"the settings file {file} is not TOML: {error}") from error
    known = {item.name for item in fields(Settings)}
    for name in content:
        if name not in known:
            raise WrongSetting(f"{file}: there is no setting {name!r}; there are: {', '.join(sorted(known))}")
    return {name: (value, f"{file}: {name}") for name, value in content.items()}


def _value(name: str, value: Any, source: str) -> Any:
    item = next(item for item in fields(Settings) if item.name == name)
    kind: type = type(item.default)
    if not isinstance(value, (str, *_SAME[kind])) or isinstance(value, bool):
        raise WrongSetting(f"{source}: {value!r} has to be {_words(kind)}")
    try:
        typed = kind(value)
    except ValueError:
        raise WrongSetting(f"{source}: {value!r} has to be {_words(kind)}") from None
    check = item.metadata["check"]
    if check is not None and (problem := check(typed)):
        shown = "what it says" if name in ("secret_key", "database") else repr(value)  # passwords stay out of logs
        raise WrongSetting(f"{source}: {shown} {problem}")
    return typed


def _words(kind: type) -> str:
    return {int: "a whole number", float: "a number", str: "a text"}.get(kind, kind.__name__)


def table() -> list[tuple[str, str, str, str]]:
    """Each setting's name, environment variable, default and meaning, for the documentation."""
    return [
        (item.name, PREFIX + item.name.upper(), str(item.default), item.metadata["doc"]) for item in fields(Settings)
    ]


def multiprocess_folder() -> str:
    """Where the workers of one machine share their metrics, as prometheus_client reads it; empty for one process."""
    return os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")


def share_metrics(folder: Path) -> None:
    """Let the workers that are started from here share their metrics in a folder, emptied now."""
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob("*.db"):
        leftover.unlink()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def from_environment(name: str) -> str:
    """What `ENTREPOT_{name}` says to the command line; empty where it is not set."""
    return os.environ.get(PREFIX + name, "")


def configuration_folder() -> Path:
    """Where programs keep what a user has set up (XDG Base Directory)."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def hub_endpoint() -> str:
    """The hub that `hf://` stands for, as other clients are told."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def hub_token() -> str:
    """The token for that hub, as other clients are told; empty without one."""
    return os.environ.get("HF_TOKEN", "")
