"""The rules of the house that a machine can hold: who imports whom, what is pure, what is pinned."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
OURS = ("schemas", "gateway", "detector", "alarm_center", "fjarrtillsyn")
PURE = ("schemas", "alarm_center/core")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LONGEST_FILE_LINES = 400

# What reads a clock, the machine or chance, by the last two names of the call.
IMPURE_CALLS = {
    "datetime.now", "datetime.today", "datetime.utcnow", "date.today", "time.time", "time.monotonic",
    "uuid.uuid1", "uuid.uuid4",
}  # fmt: skip
IMPURE_BUILTINS = {"breakpoint", "exec", "eval", "input", "open", "print"}


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield each call as its last two dotted names, or its one name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ".".join(ast.unparse(node.func).split(".")[-2:]), node


def test_the_parts_import_only_what_they_may(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    status = lint_imports(config_filename="pyproject.toml", no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


@pytest.mark.parametrize("path", list(modules(*PURE)), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_decides_is_pure(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    impure = [f"line {call.lineno}: {name}()" for name, call in calls(tree) if name in IMPURE_CALLS | IMPURE_BUILTINS]
    waits = [
        f"line {node.lineno}: async"
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)
    ]
    assert impure + waits == []


def test_no_module_is_longer_than_one_can_read() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in modules(*OURS, "deploy")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE_LINES
    }
    assert long == {}


def test_the_detectors_table_is_asked_in_one_place() -> None:
    asks = re.compile(r"\b(from|into|update|join) detectors\b")
    asking = [str(p.relative_to(ROOT)) for p in modules("alarm_center") if asks.search(p.read_text(encoding="utf-8"))]
    assert asking == ["alarm_center/store/detectors.py"]


def test_only_may_look_decides_by_consents() -> None:
    """Whether a device may look is one function's answer; the others keep the papers, or say which is missing."""
    asks = re.compile(r"\b(from|into|update|join) consents\b")
    asking = [str(p.relative_to(ROOT)) for p in modules("alarm_center") if asks.search(p.read_text(encoding="utf-8"))]
    assert asking == [
        "alarm_center/store/plans.py",
        "alarm_center/store/reconciling.py",
        "alarm_center/town/homes.py",
    ]


def test_no_sql_reads_a_stored_value() -> None:
    """A fact that SQL needs has a column; the values are for the core, through the one adapter of their store."""
    reads = re.compile(r"\bbody\s*(->|#>|@>|\?)")
    sources = [*modules("alarm_center", "fjarrtillsyn", "tests"), *sorted((ROOT / "alarm_center").rglob("*.sql"))]
    reading = [p for p in sources if reads.search(p.read_text(encoding="utf-8"))]
    assert reading == []


def test_a_stored_alarm_has_one_adapter() -> None:
    made = [p for p in modules(*OURS) if "TypeAdapter(Alarm)" in p.read_text(encoding="utf-8")]
    assert [str(p.relative_to(ROOT)) for p in made] == ["alarm_center/store/alarms.py"]


def test_test_towns_come_through_the_import() -> None:
    """A test town is one that a real town could be, and a new column of a resident is said in one place."""
    own = "organisations|areas|memberships|users|carers|shifts|residents|consents|decisions|plans|devices|slots"
    writes = re.compile(rf"\binsert into (?:fjt\.)?({own})\b|select keep_user\(")
    by_hand = {
        "test_towns_apart.py": "what a page may not write, tried as a page's own role",
        "test_timeline.py": "a bare town: an import writes lines, and there every line is counted",
        "test_may_look.py": "every pair of consents, also those that the import refuses",
        "test_planning.py": "consent given again on the day of its withdrawal, which no file can say",
    }
    found = {path.name for path in modules("tests") if writes.search(path.read_text(encoding="utf-8"))}
    assert found == set(by_hand), "use tests/support/town_file.py"


def test_no_test_sleeps() -> None:
    sleeping = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in modules("tests")
        for name, call in calls(ast.parse(path.read_text(encoding="utf-8")))
        if name in {"time.sleep", "asyncio.sleep"} and ast.unparse(call.args[0]) != "0"
    ]
    assert sleeping == [], "wait for a condition with tests.support.waiting.eventually"


def test_every_dependency_is_pinned_and_allowed() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    pinned = {canonicalize_name(name): version for name, version in pins.items()}
    for text in [*PROJECT["dependencies"], *EXTRAS["demo"], *EXTRAS["dev"]]:
        wanted = Requirement(text)
        if wanted.name == PROJECT["name"]:
            continue
        version = pinned.get(canonicalize_name(wanted.name))
        assert version is not None, f"constraints.txt has no {wanted.name}"
        assert wanted.specifier.contains(version), f"constraints.txt: {wanted.name} {version} is not {wanted.specifier}"


def declared(*extras: str) -> set[str]:
    """Return the names of what is installed with *extras*."""
    texts = [*PROJECT["dependencies"], *(text for extra in extras for text in EXTRAS[extra])]
    return {canonicalize_name(Requirement(text).name) for text in texts}


def imported(*folders: str) -> dict[str, str]:
    """Return each top-level package of others that *folders* import, and a file that does."""
    found: dict[str, str] = {}
    for path in modules(*folders):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in (name.split(".")[0] for name in names):
                if name not in sys.stdlib_module_names and name not in (*OURS, "tests", "deploy"):
                    found[name] = str(path.relative_to(ROOT))
    return found


@pytest.mark.parametrize(
    ("folders", "extras"),
    [
        (("schemas", "gateway", "detector", "alarm_center"), ()),
        (("fjarrtillsyn",), ("demo",)),
        (("tests", "deploy"), ("demo", "dev")),
    ],
    ids=["service", "demo", "development"],
)
def test_what_is_imported_is_declared(folders: tuple[str, ...], extras: tuple[str, ...]) -> None:
    providers = packages_distributions()
    missing = {
        name: where
        for name, where in imported(*folders).items()
        if not {canonicalize_name(provider) for provider in providers.get(name, ())} & declared(*extras)
    }
    assert missing == {}


def test_every_dependency_has_its_reason() -> None:
    reasons = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    given = set(re.findall(r"^\| `([^`]+)` \| \S", reasons, re.MULTILINE))
    wanted = {Requirement(text).name for text in [*PROJECT["dependencies"], *EXTRAS["demo"], *EXTRAS["dev"]]}
    assert given == wanted - {PROJECT["name"]}


def test_sql_names_the_columns_that_it_wants() -> None:
    """A revision may add a column under a running replica: what was prepared with ``*`` would be another row then."""
    star = re.compile(r"\b(select|returning)\s+(\w+\.)?\*|,\s*\w+\.\*")
    found = []
    for path in modules("alarm_center", "fjarrtillsyn"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            said = isinstance(node, ast.Constant) and isinstance(node.value, str) and star.search(node.value)
            if said:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")  # type: ignore[attr-defined]
    assert found == []
