"""Settings are read once, checked, and what is wrong is named together with where it came from."""

from pathlib import Path

import pytest

from entrepot.domain.errors import WrongSetting
from entrepot.settings import Settings, read


def of_file(folder: Path, text: str) -> Settings:
    file = folder / "entrepot.toml"
    file.write_text(text)
    return read({}, file)


def test_what_is_given_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "entrepot.toml"
    file.write_text('port = 1\nhost = "::1"\nworkers = 3\nupstream_seconds = 5\n')
    found = read({"ENTREPOT_PORT": "2", "ENTREPOT_HOST": "0.0.0.0", "ENTREPOT_CONFIG": str(file)}, port=4)
    assert (found.port, found.host, found.workers, found.upstream_seconds) == (4, "0.0.0.0", 3, 5.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prot = 1", "no setting 'prot'"),
        ("port = [", "not TOML"),
        ('port = "abc"', "port: 'abc' has to be a whole number"),
        ("port = 80.5", "port: 80.5 has to be a whole number"),
        ("port = 0", "between 1 and 65_535"),
        ("workers = true", "workers: True has to be a whole number"),
        ("host = 5", "host: 5 has to be a text"),
        ('host = ""', "host: '' can't be empty"),
        ('data = "a\\u0000b"', "control characters"),
        ("upstream_seconds = nan", "upstream_seconds: nan has to be between"),
        ("gc_grace_hours = inf", "gc_grace_hours: inf has to be between"),
        ("xorb_grace_days = 1e300", "xorb_grace_days"),
        ("gc_grace_hours = -1", "gc_grace_hours: -1 has to be between 0 and"),
        ("upstream_seconds = [1]", "has to be a number"),
        ("[port]\nx = 1", "port: {'x': 1} has to be"),
        ('public_url = "http://[bad"', "public_url"),
        ('public_url = "https://x/y"', "without a path"),
        ('blobs = "/srv/blobs"', "URL such as file:///srv/blobs"),
        ('gc_schedule = "every day"', "cron"),
        ('log_level = "loud"', "debug, info, warning, error"),
    ],
)
def test_what_cannot_be_used_in_a_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(WrongSetting) as caught:
        of_file(tmp_path, text)
    assert words in str(caught.value)
    assert "entrepot.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "65536"),
        ("PORT", "x"),
        ("PORT", ""),
        ("WORKERS", "0"),
        ("WORKERS", "100000"),
        ("SHUTDOWN_SECONDS", "1" + "0" * 30),
        ("UPSTREAM_SECONDS", "inf"),
        ("MAX_FILE_BYTES", "-5"),
        ("LINK_SECONDS", "1" + "0" * 30),
        ("DATA", " "),
    ],
)
def test_what_is_out_of_range_in_the_environment_is_named(name: str, value: str) -> None:
    with pytest.raises(WrongSetting, match=f"^ENTREPOT_{name}: "):
        read({f"ENTREPOT_{name}": value})


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE"])
def test_a_secret_that_cannot_be_used_is_not_repeated(name: str) -> None:
    with pytest.raises(WrongSetting) as caught:
        read({f"ENTREPOT_{name}": "x:my-password"[:15]})
    assert "my-pass" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting, match=r"nowhere\.toml can't be read: No such file"):
        read({}, tmp_path / "nowhere.toml")
    with pytest.raises(WrongSetting, match="can't be read: Is a directory"):
        read({"ENTREPOT_CONFIG": str(tmp_path)})
