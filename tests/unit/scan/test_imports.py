"""What the lists say of names: exactly, by class of harm, and never more than they say."""

import tomllib
from importlib.resources import files

import pytest

from entrepot.scan import imports
from entrepot.scan.imports import REASONS, Harm, Tier, Use, look_up
from entrepot.scan.pickle.guards import guards

FRAMEWORKS = imports.frameworks()


def _sections(framework: str) -> list[tuple[str, str, str]]:
    """Section, module and name of every entry, as they stand in the file."""
    tables = tomllib.loads(files(imports.__name__).joinpath(f"{framework}.toml").read_text())
    found = []
    for section, table in tables.items():
        if section == "modules":
            continue
        nested = {section: table} if section in ("class", "slotted", "reference") else table
        for kind, modules in nested.items():
            whole = kind if nested is not table else f"{section}.{kind}"
            found += [(whole, module, name) for module, names in modules.items() for name in names.split()]
    return found


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_section_is_one_that_the_reader_knows(framework: str) -> None:
    known = {"class", "slotted", "reference"}
    known |= {f"call.{reason}" for reason in REASONS}
    known |= {f"guard.{guard}" for guard in guards()}
    known |= {f"danger.{harm}" for harm in Harm}
    assert {section for section, _, _ in _sections(framework)} <= known


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_what_may_be_called_says_why_it_can_do_no_harm(framework: str) -> None:
    reasons = {why for why, _ in REASONS.values()}
    for entry in imports.entries(framework):
        if entry.tier is Tier.ALLOWED and entry.permits(Use.REDUCE):
            assert reasons & set(entry.why.split("; ")) or any(why in entry.why for why in reasons), entry
        if entry.tier is Tier.GUARDED:
            assert entry.guard in guards()


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_file_lists_names_of_its_own_framework_only_and_each_once_per_section(framework: str) -> None:
    entries = _sections(framework)
    assert len(entries) == len(set(entries))
    for _, module, name in entries:
        assert imports._framework(module) in (framework, imports.OTHERS), f"{module} is looked up elsewhere"
        assert name == "*" or all(part.isidentifier() for part in name.split(".")), name


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_nothing_is_allowed_and_dangerous(framework: str) -> None:
    by_pair: dict[tuple[str, str], set[str]] = {}
    for section, module, name in _sections(framework):
        by_pair.setdefault((module, name), set()).add(section.partition(".")[0])
    for pair, families in by_pair.items():
        assert "danger" not in families or len(families) == 1, pair


DANGEROUS = {
    Harm.EXECUTION: (
        "builtins.eval builtins.exec builtins.compile  code.InteractiveInterpreter cProfile.run "
        "profile.run pdb.run bdb.Bdb timeit.timeit trace.Trace doctest.debug_script "
        "operator.call typing.get_type_hints dataclasses._create_fn "
        "logging.config.dictConfig marshal.loads pickle.loads _pickle.loads dill.loads cloudpickle.loads "
        "joblib.load joblib.parallel.Parallel torch.load torch.serialization.load "
        "torch.fx.graph_module.reduce_graph_module torch.jit._script.RecursiveScriptModule "
        "torch.utils._config_module.load_config numpy.testing._private.utils.runstring pandas.eval sympy.sympify "
        "sympy.parsing.sympy_parser.parse_expr patsy.dmatrix yaml.unsafe_load six.exec_ hydra.utils.instantiate "
        "attr._make._make_init jinja2.Template numexpr.evaluate "
        "stable_baselines3.common.vec_env.base_vec_env.CloudpickleWrapper polars.lazyframe.frame.LazyFrame "
        "collections.namedtuple contextlib.ExitStack copy._reconstruct mlflow.pyfunc.load_model unittest.main "
        "test.support.run_unittest lib2to3.main.main idlelib.run.main cgi.test "
    ),
    Harm.PROCESS: (
        "os.system posix.system nt.system os.popen subprocess.Popen subprocess.check_output pty.spawn "
        "commands.getoutput uuid._get_command_stdout _osx_support._read_output _aix_support._read_cmd_output "
        "ensurepip._run_pip venv.create webbrowser.open mailcap.test distutils.spawn.spawn setuptools.setup "
        "multiprocessing.Process torch.utils.collect_env.run numpy.distutils.exec_command.exec_command "
        "platform._syscmd_uname psutil.Popen sh.Command pexpect.spawn docker.from_env git.Repo "
        "nltk.internals.java turtle.done tkinter.Tk "
    ),
    Harm.FILES: (
        "builtins.open io.open io.FileIO _io.FileIO _pyio.open codecs.open os.remove os.path.join "
        "posixpath.exists shutil.rmtree tempfile.NamedTemporaryFile glob.glob fileinput.input linecache.getlines "
        "logging.FileHandler sqlite3.connect mmap.mmap numpy.load numpy.fromfile numpy.save "
        "numpy.lib.npyio.NpzFile pandas.read_csv pandas.read_pickle pandas.io.pickle.read_pickle "
        "dbm.open zipfile.ZipFile tarfile.open "
    ),
    Harm.NETWORK: (
        "socket.socket _socket.socket ssl.get_server_certificate urllib.request.urlopen "
        "http.client.HTTPConnection ftplib.FTP smtplib.SMTP imaplib.IMAP4_stream poplib.POP3 "
        "xmlrpc.client.ServerProxy torch.hub.load requests.get aiohttp.ClientSession httpx.get paramiko.SSHClient "
        "boto3.client huggingface_hub.hf_hub_download transformers.pipeline sklearn.datasets._base._fetch_remote "
    ),
    Harm.IMPORT: (
        "builtins.__import__ importlib.import_module imp.load_source pkgutil.resolve_name runpy.run_path "
        "site.addsitedir zipimport.zipimporter types.ModuleType "
    ),
    Harm.ATTRIBUTE: "builtins.setattr builtins.globals builtins.vars operator.setitem",
    Harm.NATIVE: "ctypes.CDLL _ctypes.dlopen cffi.FFI torch.utils.cpp_extension.load numpy.ctypeslib.load_library",
    Harm.TAMPER: (
        "sys.exit sys.modules gc.collect signal.signal _thread.interrupt_main threading.Thread "
        "faulthandler._sigsegv copyreg.pickle copyreg.add_extension builtins.breakpoint builtins.input "
    ),
}


@pytest.mark.parametrize(("harm", "pair"), [(harm, pair) for harm, text in DANGEROUS.items() for pair in text.split()])
def test_what_is_dangerous_says_by_what_harm(harm: Harm, pair: str) -> None:
    module, _, name = pair.rpartition(".")
    if pair.startswith("os.path."):
        module, name = "os", "path.join"
    found = look_up(module, name)
    assert (found.tier, found.harm) == (Tier.DANGEROUS, harm)
    assert not found.uses
    assert found.why


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("collections", "Counter.__init__.__builtins__.get"),
        ("torch", "os.system"),
        ("argparse", "_os.system"),
        ("xgboost.core", "os.system"),
        ("sklearn.svm._classes", "SVC.__init__.__globals__"),
        ("unheard_of", "thing.other"),
        ("unheard_of", "Thing.sys"),
        ("numpy", "ndarray.__class__"),
        ("__torch__", "os.system"),
        ("__main__", "__builtins__"),
        ("numpy", "__dict__"),
        ("unheard_of", "os"),
        ("torch", "sys"),
    ],
)
def test_a_name_that_leads_somewhere_else_is_a_way_through_attributes(module: str, name: str) -> None:
    assert look_up(module, name).harm is Harm.ATTRIBUTE


def test_a_class_inside_a_class_is_known_as_little_as_any_other() -> None:
    assert look_up("unheard_of.models", "Model.Config").tier is Tier.UNKNOWN
    assert look_up("torch.nn.modules.linear", "Linear.Config").tier is Tier.UNLISTED


@pytest.mark.parametrize(
    ("module", "name", "tier"),
    [
        ("collections", "OrderedDicts", Tier.UNLISTED),
        ("collections.abc.x", "OrderedDict", Tier.UNLISTED),
        ("torch.nn.modules", "Linear", Tier.UNLISTED),
        ("sklearn.svm", "_classes", Tier.UNLISTED),
        ("torchx", "FloatStorage", Tier.UNKNOWN),
        ("requests_but_other", "get", Tier.UNKNOWN),
        ("__main__", "Net", Tier.UNKNOWN),
        ("", "", Tier.UNKNOWN),
    ],
)
def test_only_the_exact_pair_is_known(module: str, name: str, tier: Tier) -> None:
    assert look_up(module, name).tier is tier


def test_what_an_archive_of_torchscript_defines_may_be_built_and_not_called() -> None:
    found = look_up("__torch__.torch.nn.modules.linear", "Linear")
    assert found.permits(Use.NEWOBJ) and found.permits(Use.BUILD) and not found.permits(Use.REDUCE)


def test_names_of_any_length_and_depth_cost_nothing() -> None:
    assert look_up("a." * 1_000_000, "b").tier is Tier.DANGEROUS
    assert look_up("collections", "a." * 1_000_000 + "b").tier is Tier.DANGEROUS
    assert look_up("." * 400, "x").tier is Tier.UNKNOWN


def test_what_is_guarded_is_not_handed_on_unless_a_list_says_so() -> None:
    for module, name in (
        ("builtins", "getattr"),
        ("functools", "partial"),
        ("types", "CodeType"),
        ("_codecs", "encode"),
    ):
        found = look_up(module, name)
        assert found.tier is Tier.GUARDED and not found.permits(Use.REFERENCE)
    assert look_up("numpy", "ndarray").permits(Use.REFERENCE)
