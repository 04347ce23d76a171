"""Shell commands that do harm: what installers, loaders and intruders write, and what set-up scripts don't."""

from collections.abc import Iterator

from entrepot.domain.report import Finding, Location
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found

MAX_MATCHES = 5
MAX_SETTINGS = 1 << 18
"""Characters of settings; what is longer is data."""
_PLAIN = ("script.reverse-shell", "script.encoded-command", "script.exfiltration")
_CONTEXT = 200
_FETCH = r"(?:curl|wget|fetch|Invoke-WebRequest|iwr|Invoke-RestMethod|irm|certutil|bitsadmin)\b"
_SHELL = r"(?:sudo\s+(?:-\w+\s+)*)?(?:env\s+)?(?:/usr)?(?:/local)?(?:/bin/)?(?:ba|da|z|k|a)?sh\b"
_RUNTIME = r"(?:sudo\s+)?(?:/usr/bin/)?(?:python[\d.]*|perl|ruby|node|php)\b"
_KEPT = (
    r"\S*(?:/etc/(?:passwd|shadow)|\.ssh/|id_rsa|id_ed25519|\.aws/|\.netrc|\.git-credentials|\.kube/config|"
    r"/proc/(?:self|1)/environ|\.cache/huggingface/token|\.pypirc|\.docker/config)"
)
_RULES: tuple[tuple[str, Pattern], ...] = (
    (
        "script.download-execute",
        Pattern(
            rf"(?i){_FETCH}[^\n|;]{{0,300}}\|\s*(?:tee\s+\S+\s*\|\s*|base64\s+-\w+\s*\|\s*|gunzip\S*\s*\|\s*)?(?:{_SHELL}|{_RUNTIME})"
            rf"|{_SHELL}[^\n]{{0,20}}<\(\s*(?:curl|wget)\b|(?:{_SHELL}\s+-c|eval)\s+[\"'`]?\$?[(`]\s*(?:curl|wget)\b"
            r"|(?:\biex\b|Invoke-Expression)[^\n]{0,80}(?:Download|iwr|irm|Invoke-WebRequest|Net\.WebClient)"
            r"|(?:DownloadString|\biwr\b|\birm\b|Invoke-WebRequest)[^\n]{0,200}\|\s*(?:iex|Invoke-Expression)"
            r"|certutil[^\n]{0,60}-urlcache[^\n]{0,200}|\bmshta\s+https?:|regsvr32[^\n]{0,40}/i:https?:"
            rf"|{_FETCH}(?=[^\n]{{0,200}}(?:http:|/tmp/|/dev/shm|%TEMP%))[^\n]{{0,200}}[\n;&][^\n]{{0,80}}"
            r"chmod\s+(?:\+|\w+\+|0?7)\S*\s+\S+"
        ),
    ),
    (
        "script.reverse-shell",
        Pattern(
            r"(?i)/dev/(?:tcp|udp)/[\w.$\{]|\b(?:nc|ncat|netcat)\b[^\n]{0,80}\s(?:-\w*[ec]\w*|--exec|--sh-exec)\s+\S*(?:sh|cmd)"
            r"|mkfifo\s+\S+[^\n]{0,120}\b(?:nc|ncat|netcat|telnet|openssl)\b|\bsocat\b[^\n]{0,120}\bexec:"
            r"|(?:python[\d.]*|perl|ruby|php)\s+-[a-z]*[cer][^\n]{0,200}socket[^\n]{0,400}(?:/bin/(?:ba|da|z)?sh|dup2|exec)"
            r"|New-Object\s+(?:System\.)?Net\.Sockets\.TCPClient"
        ),
    ),
    (
        "script.encoded-command",
        Pattern(
            rf"(?i)base64\s+(?:-d|-D|--decode)[^\n|;]{{0,200}}\|\s*(?:gunzip\S*\s*\|\s*|zcat\s*\|\s*|xxd[^|\n]*\|\s*)?(?:{_SHELL}|{_RUNTIME})"
            rf"|xxd\s+-r[^\n|]{{0,80}}\|\s*{_SHELL}|eval\s+[\"'`]?\$?[(`][^\n]{{0,200}}base64\s+(?:-d|--decode)"
            r"|powershell(?:\.exe)?[^\n]{0,120}\s-e(?:nc|ncodedcommand|c)?\s+[A-Za-z0-9+/=]{16,}|FromBase64String[^\n]{0,200}(?:iex|Invoke-Expression)"
            rf"|openssl\s+(?:enc\s+)?(?:-?base64|enc)\s+-d[^\n|]{{0,200}}\|\s*{_SHELL}"
        ),
    ),
    (
        "script.destructive",
        Pattern(
            r"\brm\s+(?:-\w+\s+|--\w[\w-]*\s+)*-\w*[rf]\w*\s+(?:-\w+\s+|--\w[\w-]*\s+)*[\"']?(?:/(?:\*|\s|$|[\"';&|])|~/?(?:\s|$|[\"';&|*])|\$HOME/?(?:\s|$|[\"';&|*])|/(?:home|etc|usr|var|boot)/?(?:\s|$|[\"';&|*]))"
            r"|\bdd\s[^\n]{0,80}of=/dev/(?:sd|nvme|hd|vd|mapper)|\bmkfs(?:\.\w+)?\s+[^\n]{0,40}/dev/|:\(\)\s*\{\s*:\s*\|\s*:\s*&\s*\}\s*;\s*:"
            r"|(?i:\bformat\s+[a-z]:\s*/[qy]|\b(?:del|erase)\s+(?:/\w\s+)*[a-z]:\\(?:\*|\s|$)|vssadmin\s+delete\s+shadows)"
        ),
    ),
    (
        "script.exfiltration",
        Pattern(
            rf"(?i)\b(?:curl|wget)\b[^\n|;]{{0,200}}(?:-F|-d|-T|--data\S*|--upload-file|--post-file|--form)[\s=]*[\"']?(?:\w+=)?@?{_KEPT}"
            rf"|(?:cat|base64|tar|zip|gzip|xxd)\s[^\n|;]{{0,100}}{_KEPT}[^\n|;]{{0,100}}\|[^\n;]{{0,200}}\b(?:curl|wget|nc|ncat|socat|openssl\s+s_client)\b"
            r"|\b(?:printenv|env|set)\s*\|[^\n;]{0,100}\b(?:curl|wget|nc|ncat)\b|\b(?:curl|wget)\b[^\n;]{0,200}\$\(\s*(?:printenv|env|cat\s+[^)\n]{0,80}(?:passwd|shadow|\.ssh|\.aws|token))[^)\n]{0,40}\)"
        ),
    ),
    (
        "script.windows-host",
        Pattern(
            r"(?i)(?:CreateObject|GetObject|new\s+ActiveXObject)\s*\(?\s*[\"'](?:WScript\.Shell|Shell\.Application|winmgmts:|"
            r"(?:MSXML2|Microsoft)\.(?:Server)?XMLHTTP|ADODB\.Stream|Scripting\.FileSystemObject|WinHttp\.)"
        ),
    ),
    (
        "script.web-shell",
        Pattern(
            r"(?i)\b(?:system|exec|passthru|shell_exec|popen|proc_open|eval|assert|create_function)\s*\([^;\n]{0,100}"
            r"\$_(?:GET|POST|REQUEST|COOKIE|SERVER)\b"
        ),
    ),
    (
        "script.persistence",
        Pattern(
            r"(?i)>>?\s*\S*\.ssh/authorized_keys|tee\s+(?:-a\s+)?\S*\.ssh/authorized_keys|\|\s*crontab\s+-|>>?\s*/etc/(?:cron|ld\.so\.preload|sudoers|rc\.local|passwd|shadow)"
            r"|>>?\s*/var/spool/cron|reg(?:\.exe)?\s+add\s+[^\n]{0,120}\\CurrentVersion\\Run|schtasks(?:\.exe)?\s+/create|\[HKEY_[^\]\n]{1,100}\\CurrentVersion\\Run(?:Once)?\]"
        ),
    ),
)
_URL = Pattern(r"(?:[a-z][a-z0-9+.-]*://|\b\d{1,3}(?:\.\d{1,3}){3}\b)[^\s\"'|;)]*")
_INSTALLERS = Pattern(
    r"(?i)^https://(?:sdk\.cloud\.google\.com|(?:www\.)?ollama\.(?:com|ai)|astral\.sh|sh\.rustup\.rs|install\.python-poetry\.org|get\.docker\.com|"
    r"deb\.nodesource\.com|rpm\.nodesource\.com|bootstrap\.pypa\.io|get\.pnpm\.io|fnm\.vercel\.app|bun\.sh|deno\.land|pyenv\.run|micro\.mamba\.pm|pixi\.sh|"
    r"brew\.sh|tailscale\.com|get\.k3s\.io|packagecloud\.io|nixos\.org|hf\.co|huggingface\.co/cli|"
    r"raw\.githubusercontent\.com/(?:nvm-sh|Homebrew|helm|ohmyzsh|conda-forge|pyenv|rustdesk|k3d-io)/)"
)
"""Where tools tell people to install them from, over a connection that nobody on the way can change."""


def _is_known_installer(text: str, start: int, end: int) -> bool:
    urls = [match[0] for match in _URL.finditer(text[start : min(len(text), end)])]
    return bool(urls) and all(_INSTALLERS.search(url) for url in urls)


def hostile(text: str) -> Iterator[Finding]:
    """What in a script does harm, with its line."""
    for rule, pattern in _RULES:
        for count, match in enumerate(pattern.finditer(text)):
            if count >= MAX_MATCHES:
                break
            if rule == "script.download-execute" and _is_known_installer(text, match.start(), match.end()):
                continue
            line = text.count("\n", 0, match.start()) + 1
            shown = text[max(0, match.start() - 20) : match.start() + _CONTEXT].strip()
            yield found(rule, f"the script {_DOES[rule]}", evidence=shown, at=Location(line=line))


def hostile_settings(text: str) -> Iterator[Finding]:
    """The same in settings, whose readers run some of their texts: only what nobody means by mistake."""
    if len(text) <= MAX_SETTINGS:
        yield from (one for one in hostile(text) if one.rule in _PLAIN)


_DOES = {
    "script.download-execute": "fetches something and runs it",
    "script.reverse-shell": "opens a shell to somebody else",
    "script.encoded-command": "runs a command that it hides by an encoding",
    "script.destructive": "deletes or overwrites what belongs to the user or the system",
    "script.exfiltration": "sends private files or the environment to somebody else",
    "script.windows-host": "reaches for programs, files or addresses by the script host of Windows",
    "script.web-shell": "runs what visitors of a page send",
    "script.persistence": "plants itself where the system or a login starts it",
}
