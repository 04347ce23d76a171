"""Which calls do harm, by their full names: what is run, loaded, sent, changed."""

from enum import StrEnum


class Harm(StrEnum):
    """What a call can do."""

    EXECUTION = "execution"
    PROCESS = "process"
    NATIVE = "native"
    UNPICKLE = "unpickle"
    NETWORK = "network"
    SOCKET = "socket"
    REMOVE = "remove"
    IMPORT = "import"


_TABLE = {
    Harm.EXECUTION: "exec eval builtins.exec builtins.eval runpy.run_path runpy.run_module code.interact "
    "types.FunctionType types.CodeType builtins.compile.exec",
    Harm.PROCESS: "os.system os.popen os.execl os.execle os.execlp os.execv os.execve os.execvp os.execvpe os.spawnl "
    "os.spawnle os.spawnlp os.spawnv os.spawnve os.spawnvp os.spawnvpe os.posix_spawn os.posix_spawnp os.startfile "
    "posix.system posix.popen nt.system pty.spawn subprocess.run subprocess.call subprocess.check_call "
    "subprocess.check_output subprocess.Popen subprocess.getoutput subprocess.getstatusoutput "
    "commands.getoutput popen2.popen2 "
    "asyncio.create_subprocess_shell asyncio.create_subprocess_exec "
    "pexpect.spawn pexpect.run sh.bash sh.sh "
    "plumbum.local distutils.spawn.spawn platform.popen",
    Harm.NATIVE: "ctypes.CDLL ctypes.cdll.LoadLibrary ctypes.WinDLL ctypes.windll.LoadLibrary ctypes.PyDLL "
    "torch.ops.load_library torch.classes.load_library torch.utils.cpp_extension.load "
    "torch.utils.cpp_extension.load_inline tensorflow.load_op_library tensorflow.load_library "
    "importlib.machinery.ExtensionFileLoader cffi.FFI.dlopen numpy.ctypeslib.load_library",
    Harm.UNPICKLE: "pickle.load pickle.loads pickle.Unpickler _pickle.loads _pickle.load cPickle.load cPickle.loads "
    "dill.load dill.loads cloudpickle.load cloudpickle.loads joblib.load marshal.load marshal.loads "
    "shelve.open jsonpickle.decode yaml.unsafe_load yaml.full_load pandas.read_pickle numpy.load.allow_pickle",
    Harm.NETWORK: "urllib.request.urlopen urllib.request.urlretrieve urllib.urlopen urllib.urlretrieve urllib2.urlopen "
    "requests.get requests.post requests.put requests.request requests.Session httpx.get httpx.post httpx.put "
    "http.client.HTTPConnection http.client.HTTPSConnection aiohttp.ClientSession ftplib.FTP smtplib.SMTP "
    "smtplib.SMTP_SSL paramiko.SSHClient wget.download telnetlib.Telnet xmlrpc.client.ServerProxy",
    Harm.SOCKET: "socket.socket socket.create_connection socket.create_server socket.getaddrinfo socket.gethostbyname",
    Harm.REMOVE: "shutil.rmtree os.remove os.unlink os.rmdir os.removedirs os.kill os.killpg signal.pthread_kill",
    Harm.IMPORT: "importlib.import_module __import__ builtins.__import__ importlib.util.spec_from_file_location "
    "importlib.machinery.SourceFileLoader imp.load_source zipimport.zipimporter pip.main "
    "pip._internal.main torch.hub.load",
}
HARMS = {name: harm for harm, names in _TABLE.items() for name in names.split()}

LOADER_CALLS = frozenset(
    [
        "__init__",
        "__new__",
        "__call__",
        "__init_subclass__",
        "__set_name__",
        "__reduce__",
        "__reduce_ex__",
        "__setstate__",
        "__getstate__",
        "__del__",
        "__class_getitem__",
        "__getattr__",
        "__enter__",
        "forward",
        "from_pretrained",
        "_info",
        "_split_generators",
        "_generate_examples",
        "_generate_tables",
        "generate",
        "setup",
        "initialize",
        "handle",
        "preprocess",
        "inference",
        "postprocess",
        "load_context",
        "predict",
        "load_model",
        "build",
        "call",
        "get_config",
        "from_config",
        "run",
        "finalize_options",
        "encode",
        "tokenize",
        "_tokenize",
        "load_dataset",
        "configure",
        "main",
        "_load_pyfunc",
        "load",
        "create_model",
        "get_model",
        "forward_features",
        "prepare_inputs_for_generation",
        "configure_optimizers",
        "on_load_checkpoint",
        "on_save_checkpoint",
    ]
)
"""Names that loaders, trainers and servers call by themselves."""

QUIET_PROGRAMS = frozenset(
    [
        "git",
        "nvcc",
        "nvidia-smi",
        "gcc",
        "g++",
        "cc",
        "clang",
        "cmake",
        "make",
        "ninja",
        "ffmpeg",
        "ffprobe",
        "sox",
        "uname",
        "lscpu",
        "ldconfig",
        "which",
        "where",
        "hipconfig",
        "rocm-smi",
        "rocminfo",
        "xcrun",
        "pkg-config",
        "python-config",
        "llvm-config",
        "protoc",
        "swig",
        "lsb_release",
        "sysctl",
        "tput",
        "stty",
        "hostname",
    ]
)
"""Programs that build scripts and media code start, with arguments that are lists."""
