"""The lines for each client: whole, with endpoint and token where they belong."""

import ast
import json
import re
import subprocess

import pytest

from entrepot.domain.names import PackageName, PackageType
from entrepot.operations.set_up import CLIENTS

ENDPOINT, TOKEN = "https://models.example/hub/hub", "hf_" + "x" * 37


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_lines_have_endpoint_and_token_and_nothing_left_to_fill(client) -> None:
    lines = client.filled(ENDPOINT, TOKEN)
    assert "models.example/hub/hub" in lines and TOKEN in lines
    assert not re.search(r"\{(endpoint|token|git)\}|\{\{|\}\}", lines)


@pytest.mark.parametrize("name", ["python", "python-0.36"])
def test_what_is_pasted_into_python_is_python(name: str) -> None:
    lines = next(client for client in CLIENTS if client.name == name).filled(ENDPOINT, TOKEN)
    assigned = [ast.unparse(node) for node in ast.parse(lines).body if isinstance(node, ast.Assign)]
    assert assigned == [f"os.environ['HF_ENDPOINT'] = '{ENDPOINT}'", f"os.environ['HF_TOKEN'] = '{TOKEN}'"]


def test_what_is_pasted_into_a_shell_sets_both() -> None:
    for name in ("shell", "transformers", "datasets", "hf"):
        lines = next(client for client in CLIENTS if client.name == name).filled(ENDPOINT, TOKEN)
        exports = "\n".join(line for line in lines.splitlines() if line.startswith("export"))
        shown = 'import json, os; print(json.dumps([os.environ["HF_ENDPOINT"], os.environ["HF_TOKEN"]]))'
        said = subprocess.run(
            ["sh", "-c", f"{exports}\npython3 -c '{shown}'"], capture_output=True, text=True, check=True
        )
        assert json.loads(said.stdout) == [ENDPOINT, TOKEN]
        checked = subprocess.run(["sh", "-n", "-c", lines], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr


def test_git_gets_the_token_as_the_password() -> None:
    lines = next(client for client in CLIENTS if client.name == "git").filled(ENDPOINT, TOKEN)
    assert f"git clone https://user:{TOKEN}@models.example/hub/hub/org/name" in lines


MODEL, DATASET = (PackageName(kind, "ada", "cargo-7b.v2") for kind in (PackageType.MODEL, PackageType.DATASET))


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
@pytest.mark.parametrize("package", [MODEL, DATASET], ids=str)
def test_a_packages_name_is_filled_in_wherever_one_belongs(client, package: PackageName) -> None:
    before, lines = client.filled(ENDPOINT, TOKEN), client.filled(ENDPOINT, TOKEN, package)
    assert lines.count("ada/cargo-7b.v2") == before.count("org/name")
    assert "org/name" not in lines


def test_what_is_no_model_is_asked_for_as_what_it_is() -> None:
    lines = {client.name: client.filled(ENDPOINT, TOKEN, DATASET) for client in CLIENTS}
    assert "hf download ada/cargo-7b.v2 --repo-type dataset" in lines["hf"]
    assert 'snapshot_download("ada/cargo-7b.v2", repo_type="dataset")' in lines["python"]
    assert "/hub/hub/datasets/ada/cargo-7b.v2" in lines["git"]
    assert 'repo: { type: "dataset", name: "ada/cargo-7b.v2" }' in lines["javascript"]
    ast.parse(lines["python"])
