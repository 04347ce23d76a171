"""Which calls do harm, by their full names: what is run, loaded, sent, changed."""

from enum import StrEnum

from entrepot.scan.pattern import Pattern


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
    Harm.EXECUTION: "exec eval execfile runpy.run_path runpy.run_module runpy._run_module_as_main runpy._run_code "
    "code.interact code.InteractiveInterpreter().runsource code.InteractiveInterpreter().runcode "
    "code.InteractiveConsole().push code.InteractiveConsole().runsource code.InteractiveConsole().interact "
    "types.FunctionType types.CodeType timeit.timeit timeit.repeat timeit.Timer cProfile.run cProfile.runctx "
    "profile.run profile.runctx cProfile.Profile().run profile.Profile().run pdb.run pdb.runeval pdb.runcall "
    "pdb.Pdb().run bdb.Bdb().run trace.Trace().run trace.Trace().runctx doctest.debug_script "
    "numpy.testing.runstring numpy.testing._private.utils.runstring test.support.run_in_subinterp "
    "_interpreters.run_string _xxsubinterpreters.run_string IPython.get_ipython().run_cell "
    "get_ipython().run_cell get_ipython().ex get_ipython().run_line_magic six.exec_ future.utils.exec_",
    Harm.PROCESS: "os.system os.popen os.popen2 os.popen3 os.execl os.execle os.execlp os.execlpe os.execv os.execve "
    "os.execvp os.execvpe os.spawnl os.spawnle os.spawnlp os.spawnlpe os.spawnv os.spawnve os.spawnvp os.spawnvpe "
    "os.posix_spawn os.posix_spawnp os.startfile posix.system posix.popen posix.execv posix.execve posix.posix_spawn "
    "posix.posix_spawnp nt.system nt.startfile pty.spawn subprocess.run subprocess.call subprocess.check_call "
    "subprocess.check_output subprocess.Popen subprocess.getoutput subprocess.getstatusoutput "
    "_posixsubprocess.fork_exec _winapi.CreateProcess commands.getoutput commands.getstatusoutput popen2.popen2 "
    "asyncio.create_subprocess_shell asyncio.create_subprocess_exec asyncio.subprocess.create_subprocess_shell "
    "asyncio.subprocess.create_subprocess_exec multiprocessing.util.spawnv_passfds "
    "pexpect.spawn pexpect.run pexpect.spawnu sh.bash sh.sh invoke.run fabric.Connection().run "
    "plumbum.local distutils.spawn.spawn setuptools.distutils.spawn.spawn platform.popen "
    "win32com.client.Dispatch().Run win32com.client.Dispatch().Exec win32api.ShellExecute win32api.WinExec "
    "IPython.get_ipython().system get_ipython().system get_ipython().getoutput IPython.utils.process.system "
    "numpy.distutils.exec_command.exec_command",
    Harm.NATIVE: "ctypes.CDLL ctypes.cdll.LoadLibrary ctypes.WinDLL ctypes.windll.LoadLibrary ctypes.PyDLL "
    "ctypes.OleDLL "
    "torch.ops.load_library torch.classes.load_library torch.utils.cpp_extension.load_inline "
    "tensorflow.load_op_library tensorflow.load_library "
    "importlib.machinery.ExtensionFileLoader cffi.FFI.dlopen cffi.FFI().dlopen numpy.ctypeslib.load_library "
    "sqlite3.connect().load_extension ctypes.CFUNCTYPE() _ctypes.dlopen _imp.create_dynamic imp.load_dynamic",
    Harm.UNPICKLE: "pickle.load pickle.loads pickle.Unpickler _pickle.loads _pickle.load cPickle.load cPickle.loads "
    "pickle._loads pickle._load dill.load dill.loads cloudpickle.load cloudpickle.loads joblib.load marshal.load "
    "marshal.loads shelve.open jsonpickle.decode yaml.unsafe_load yaml.full_load pandas.read_pickle torch.load",
    Harm.NETWORK: "urllib.request.urlopen urllib.request.urlretrieve urllib.urlopen urllib.urlretrieve "
    "urllib2.urlopen "
    "requests.get requests.post requests.put requests.request requests.head requests.patch requests.Session().get "
    "requests.Session().post requests.session().get requests.session().post httpx.get httpx.post httpx.put "
    "httpx.Client().get httpx.Client().post http.client.HTTPConnection http.client.HTTPSConnection "
    "httplib.HTTPConnection httplib.HTTPSConnection aiohttp.ClientSession ftplib.FTP ftplib.FTP_TLS smtplib.SMTP "
    "smtplib.SMTP_SSL paramiko.SSHClient wget.download telnetlib.Telnet xmlrpc.client.ServerProxy "
    "urllib3.PoolManager().request pycurl.Curl webbrowser.open webbrowser.open_new webbrowser.open_new_tab "
    "websocket.create_connection websockets.connect",
    Harm.SOCKET: "socket.socket socket.create_connection socket.create_server socket.getaddrinfo "
    "socket.gethostbyname "
    "socket.gethostbyname_ex _socket.socket",
    Harm.REMOVE: "shutil.rmtree os.remove os.unlink os.rmdir os.removedirs send2trash.send2trash",
    Harm.IMPORT: "importlib.import_module __import__ importlib.util.spec_from_file_location "
    "importlib.machinery.SourceFileLoader importlib.machinery.SourcelessFileLoader imp.load_source imp.load_compiled "
    "imp.load_module zipimport.zipimporter pip.main pip._internal.main pip._internal.cli.main.main",
}
HARMS = {name: harm for harm, names in _TABLE.items() for name in names.split()}
_TYPES = ("types.", "timeit.", "subprocess.Popen", "pexpect.spawn", "plumbum.local")
HANDED_ON = frozenset(
    name for name, harm in HARMS.items() if harm in (Harm.EXECUTION, Harm.PROCESS) and not name.startswith(_TYPES)
)
"""What nobody hands to others to call, or keeps under another name, for an honest reason."""
LAST_NAMES = frozenset(name.rpartition(".")[2] for name in HANDED_ON)

_BUILTINS = ("builtins.", "__builtin__.", "__builtins__.", "six.moves.builtins.")
_SHARED = frozenset("os posix subprocess builtins pty ctypes importlib shutil socket pickle marshal runpy".split())
"""Modules of which others are the way: torch.os.system is os.system."""
_NATIVE_PROCESS = Pattern(
    r"^(?:ctypes\.(?:CDLL|PyDLL|WinDLL|OleDLL|cdll|windll|oledll)\b|cffi\.FFI\(\)\.dlopen).*\.(?:system|popen|exec[lv]\w*|v?fork|posix_spawn\w*|"
    r"WinExec|ShellExecute\w*|CreateProcess\w*|VirtualAlloc\w*|CreateThread|CreateRemoteThread\w*|WriteProcessMemory)$"
)


def harm_of(name: str) -> Harm | None:
    """What a call of that full name does, by whichever way the name leads there."""
    if not name:
        return None
    name = name.removesuffix(".__call__")
    for prefix in _BUILTINS:
        name = name.removeprefix(prefix)
    if harm := HARMS.get(name):
        return harm
    if name.startswith(("ctypes.", "cffi.")):
        return Harm.PROCESS if _NATIVE_PROCESS.search(name) else None
    parts = name.split(".")
    for at in range(1, min(len(parts) - 1, 6)):
        if parts[at] in _SHARED and parts[0] not in ("self", "cls"):
            return harm_of(".".join(parts[at:]))
    return None


LOADER_CALLS = frozenset(
    "forward from_pretrained generate custom_generate _info _split_generators _generate_examples _generate_tables "
    "initialize handle handler preprocess inference postprocess load_context predict load_model "
    "call get_config from_config finalize_options tokenize _tokenize load_dataset "
    "_load_pyfunc create_model get_model forward_features prepare_inputs_for_generation configure_optimizers "
    "find_spec find_module load_module exec_module create_module on_load_checkpoint on_save_checkpoint "
    "_init_weights init_weights save_pretrained load_weights "
    "model_fn predict_fn input_fn output_fn init entry_points load_data training_step validation_step".split()
)
"""Names that loaders, trainers and servers call by themselves; double underscores are called by Python."""
METHODS_CALLED = frozenset("load setup build run encode decode configure transform fit".split())
"""The same, of classes only: functions of these names are for their own module."""

QUIET_PROGRAMS = frozenset(
    "git nvcc nvidia-smi gcc g++ cc c++ clang clang++ cmake make ninja ffmpeg ffprobe sox uname lscpu ldconfig "
    "which where "
    "hipcc hipconfig rocm-smi rocm_agent_enumerator rocminfo xcrun xcodebuild sw_vers pkg-config python-config "
    "llvm-config protoc swig lsb_release sysctl tput stty hostname hg svn ldd otool nproc free df du ls cat pwd "
    "whereis vswhere.exe cl cl.exe msbuild ver lspci numactl taskset cython f2py meson bazel cargo rustc go npm node "
    "pget git-lfs huggingface-cli hf gsutil gcloud aria2c apt-get apt yum dnf brew conda mamba espeak espeak-ng "
    "tesseract pdftotext pdftoppm soffice libreoffice mediainfo exiftool yt-dlp unzip tar gunzip 7z zip "
    "fc-list fc-match dot blender magick convert identify lame flac opusenc java javac mecab juman jumanpp "
    "kytea".split()
)
"""Programs that build scripts and media code start."""
KNOWN_PACKAGES = frozenset(
    "flash-attn flash_attn torch torchvision torchaudio transformers accelerate diffusers datasets tokenizers "
    "peft trl "
    "bitsandbytes einops xformers timm sentencepiece protobuf numpy scipy pandas scikit-learn pillow opencv-python "
    "opencv-python-headless gradio spaces huggingface_hub huggingface-hub safetensors onnx onnxruntime "
    "onnxruntime-gpu "
    "tensorflow keras jax jaxlib wheel setuptools pip ninja packaging tqdm requests pyyaml matplotlib librosa "
    "soundfile "
    "nltk spacy tiktoken causal-conv1d mamba-ssm deepspeed optimum auto-gptq autoawq vllm triton "
    "sentence-transformers "
    "fairseq pytorch-lightning lightning omegaconf hydra-core mmcv mmengine openmim detectron2 ultralytics".split()
)
"""Packages that models' code installs by itself now and then."""
