"""Set-up: the lines that point each client at a repository."""

from dataclasses import dataclass

from entrepot.domain.names import PackageName, PackageType

ANY = PackageName(PackageType.MODEL, "org", "name")
"""What stands where a package's name belongs, and nobody has said which."""
_SHELL = "export HF_ENDPOINT={endpoint}\nexport HF_TOKEN={token}\n"
_PYTHON = (
    'import os\n\n# Before anything imports huggingface_hub:\nos.environ["HF_ENDPOINT"] = "{endpoint}"\n'
    'os.environ["HF_TOKEN"] = "{token}"\n'
)


@dataclass(frozen=True, slots=True)
class Client:
    """A program that fetches and sends packages, and what to paste for it."""

    name: str
    title: str
    lines: str
    """With `{endpoint}`, `{token}`, for git `{git}`, and what stands for a package where those belong."""
    note: str = ""

    def filled(self, endpoint: str, token: str, package: PackageName = ANY) -> str:
        """The lines for a repository's endpoint, with the token in them, and a package's name in its place."""
        kind, is_model = package.type.value, package.type is PackageType.MODEL
        return self.lines.format(
            endpoint=endpoint,
            token=token,
            git=endpoint.replace("://", f"://user:{token}@", 1),
            name=package.id,
            flag="" if is_model else f" --repo-type {kind}",
            argument="" if is_model else f', repo_type="{kind}"',
            folder="" if is_model else f"{package.type.plural}/",
            repo=f'"{package.id}"' if is_model else f'{{ type: "{kind}", name: "{package.id}" }}',
        )


CLIENTS = (
    Client("shell", "Any, in a shell", _SHELL.rstrip(), "Every Python client of the Hub reads these two variables."),
    Client(
        "hf",
        "hf (command)",
        _SHELL + "\nhf download {name}{flag}\nhf upload {name} ./folder{flag}",
        "The command of huggingface_hub since 1.0; before, it is called huggingface-cli.",
    ),
    Client(
        "python",
        "huggingface_hub 2.x",
        _PYTHON + '\nfrom huggingface_hub import snapshot_download\n\nsnapshot_download("{name}"{argument})',
        "Tested with 2.4.0, over Xet and with HF_HUB_DISABLE_XET=1. Uploads go over Xet since 1.20.",
    ),
    Client(
        "python-0.36",
        "huggingface_hub 0.36",
        _PYTHON + '\nfrom huggingface_hub import snapshot_download\n\nsnapshot_download("{name}"{argument})',
        "Tested with 0.36.2, with and without hf-xet. Where a file is refused, HfHubHTTPError says why.",
    ),
    Client(
        "transformers",
        "transformers",
        _SHELL + "export DISABLE_SAFETENSORS_CONVERSION=1\n\n"
        "python -c 'from transformers import pipeline; pipeline(model=\"{name}\")'",
        "Tested with 5.23.0. The third line keeps it from offering your weights to a service on the internet.",
    ),
    Client(
        "datasets",
        "datasets",
        _SHELL + "\npython -c 'from datasets import load_dataset; load_dataset(\"{name}\")'",
        "Tested with 5.2.0, streaming too.",
    ),
    Client(
        "notebook",
        "Jupyter",
        "%env HF_ENDPOINT={endpoint}\n%env HF_TOKEN={token}\n%pip install huggingface_hub",
        "In the first cell: set them before anything imports huggingface_hub. pip's own index is not concerned.",
    ),
    Client(
        "javascript",
        "@huggingface/hub",
        'import {{ downloadFile }} from "@huggingface/hub";\n\n'
        'const hub = {{ hubUrl: "{endpoint}", accessToken: "{token}" }};\n'
        'await downloadFile({{ ...hub, repo: {repo}, path: "README.md" }});',
        "Tested with 2.17.5; it takes both with every call and reads no variables.",
    ),
    Client(
        "git",
        "git",
        "git lfs install\ngit clone {git}/{folder}{name}",
        "Clone, fetch and lfs pull. Pushing is refused: send with hf upload. git remembers the address with the token.",
    ),
    Client(
        "llama.cpp",
        "llama.cpp",
        "export MODEL_ENDPOINT={endpoint}/\nexport HF_TOKEN={token}\nllama-cli -hf {name}",
        "The slash at the end belongs there. Written from its sources; not tested here.",
    ),
)
"""The clients there are lines for."""
