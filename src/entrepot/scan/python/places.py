"""Paths and variables that matter to who runs the code: what others run later, what nobody wants to lose."""

import ast

from entrepot.scan.pattern import Pattern
from entrepot.scan.python.folding import Names, rough_text

_LASTING = Pattern(
    r"(?i)\.bashrc|\.bash_profile|(?:^|/)\.profile$|\.zshrc|\.zprofile|/etc/cron|crontab|\.config[/\\]autostart|LaunchAgents|LaunchDaemons|"
    r"authorized_keys|systemd[/\\](?:system|user)|(?:site|user)customize|(?:site|dist)-packages\S*\.pth$|\.startup\.py|"
    r"CurrentVersion\\\\?Run|/etc/ld\.so\.preload|/etc/sudoers|/etc/passwd|/etc/profile|/etc/rc\.local|\.git[/\\]hooks[/\\]|"
    r"Start Menu[/\\]Programs[/\\]Startup|\.ipython[/\\]profile_default[/\\]startup|\.vimrc|\.ssh[/\\](?:rc|config)"
)
_PRECIOUS = Pattern(
    r"(?i)^(?:/|~|\$HOME|%USERPROFILE%|[a-z]:[\\/]?|/\*|~/\*)$|^/(?:home|etc|usr|var|root|boot|srv|opt|bin|lib|data|mnt|Users)(?:/|$)|"
    r"^~/(?:Documents|Desktop|Downloads|Pictures|\.ssh|\.config|\.gnupg|\.aws)|^[a-z]:[\\/](?:Windows|Users)"
)
_CACHES = Pattern(r"(?i)cache|tmp|temp|build|\.triton|torch_extensions|\.egg-info|__pycache__")
_STARTING = frozenset(
    "LD_PRELOAD LD_AUDIT DYLD_INSERT_LIBRARIES PYTHONSTARTUP PYTHONINSPECT BASH_ENV PROMPT_COMMAND PERL5OPT "
    "NODE_OPTIONS RUBYOPT JAVA_TOOL_OPTIONS GIT_SSH_COMMAND PYTHONBREAKPOINT".split()
)
SHARED_FOLDERS = ("/tmp/", "/dev/shm/", "/var/tmp/")  # noqa: S108 - looked for, not used
"""Where everybody on a machine may put files."""
_SETTERS = ("os.putenv", "os.environ.setdefault", "os.environ.update", "os.environ.__setitem__")


def is_lasting(path: str) -> bool:
    """Whether shells, schedulers or every later Python run what is written there."""
    return _LASTING.search(path) is not None


def is_precious(path: str) -> bool:
    """Whether what is deleted there is the user's, and no cache or build folder."""
    return _PRECIOUS.search(path) is not None and _CACHES.search(path) is None


def changes_start(name: str, call: ast.Call | None, constants: Names) -> bool:
    """Whether a call, or a variable of the environment, makes programs that start later load code of the caller's."""
    if call is None:
        return name.removeprefix("os.environ.") in _STARTING
    if name in _SETTERS and call.args:
        given = call.args[0]
        keys = given.keys if isinstance(given, ast.Dict) else [given]
        return any(rough_text(key, constants) in _STARTING for key in keys) or any(
            keyword.arg in _STARTING for keyword in call.keywords
        )
    if name in ("sys.path.insert", "sys.path.append", "site.addsitedir") and call.args:
        return rough_text(call.args[-1], constants).startswith((*SHARED_FOLDERS, "\\\\", "//"))
    return name == "winreg.SetValueEx"
