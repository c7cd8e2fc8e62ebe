"""The rules of the house that a machine can hold: who imports whom, what is pure, how long a file is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).parents[2]
OURS = ("schemas", "runtime", "gateway", "drawn_homes", "detector", "alarm_center", "fjarrtillsyn")
PURE = ("schemas", "alarm_center/core")
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


def test_what_decides_is_pure() -> None:
    impure = []
    for path in modules(*PURE):
        tree, at = ast.parse(path.read_text(encoding="utf-8")), path.relative_to(ROOT)
        named = IMPURE_CALLS | IMPURE_BUILTINS
        impure += [f"{at}:{call.lineno} {name}()" for name, call in calls(tree) if name in named]
        impure += [
            f"{at}:{node.lineno} async"
            for node in ast.walk(tree)
            if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)
        ]
    assert impure == []


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
    assert asking == ["alarm_center/store/detectors.py", "alarm_center/store/simulated_night.py"], (
        "the demo waits for it"
    )


def test_only_may_look_decides_by_consents() -> None:
    """One function says whether a device may look; the others keep the papers, or say which is missing."""
    asks = re.compile(r"\b(from|into|update|join) consents\b")
    asking = [str(p.relative_to(ROOT)) for p in modules("alarm_center") if asks.search(p.read_text(encoding="utf-8"))]
    assert asking == [
        "alarm_center/store/consents.py",
        "alarm_center/store/reconciliation.py",
    ]


def test_no_sql_reads_a_stored_value() -> None:
    """A fact that SQL needs has a column; the values are for the core, through the one adapter of their store."""
    reads = re.compile(r"\bbody\s*(->|#>|@>|\?)")
    sources = [*modules("alarm_center", "fjarrtillsyn", "tests"), *sorted((ROOT / "alarm_center").rglob("*.sql"))]
    reading = [p for p in sources if reads.search(p.read_text(encoding="utf-8"))]
    # A page's alarm is compared with its columns, and refused where they differ: nothing is decided by it.
    assert [p.name for p in reading] == ["02_cases.sql"]


STORE = ROOT / "alarm_center" / "store"
ON_A_TRANSACTION = {
    "copy_records_to_table",
    "cursor",
    "execute",
    "executemany",
    "fetch",
    "fetchmany",
    "fetchrow",
    "fetchval",
}
A_STATEMENT = re.compile(
    r"\s*(?:with \w+ as\b|select\s|insert into\s|update \w+ (?:\w+ )?set\s|delete from\s|[A-Z]+ .*\bFROM\b)"
    r"|.*\bwhere\b[^.]*\$\d",
    re.DOTALL,
)


def sql_in(source: str) -> list[str]:
    """Return the places where a module speaks to the database itself: a call on a transaction, or a statement's text."""
    tree = ast.parse(source)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ON_A_TRANSACTION:
            found.append(f"line {node.lineno}: {node.func.attr}()")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            found += [f"line {node.lineno}: {node.value[:40]!r}"] if A_STATEMENT.match(node.value) else []
    return found


def test_all_sql_stands_in_the_store() -> None:
    speaking = {
        str(path.relative_to(ROOT)): found
        for path in modules(*OURS)
        if not path.is_relative_to(STORE) and (found := sql_in(path.read_text(encoding="utf-8")))
    }
    assert speaking == {}


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("await tx.fetchval(QUESTION, 1)", True),
        ("await run.tx.executemany(INSERT, rows)", True),
        ('Q = "select org from areas where area_id = $1"', True),
        ('Q = """\n    with due as (select 1) select * from due"""', True),
        ('Q = "update alarms a set state = 1"', True),
        ('Q = "SELECT org FROM areas"', True),
        ('Q = f"{HEAD} where org = $1 order by code"', True),
        ('def f() -> None:\n    """Select the ones where $1 is due."""', False),
        ('words = "Select one, where there is more than one"', False),
        ("await alarms.lock(tx, alarm_id)", False),
    ],
)
def test_sql_outside_the_store_is_seen(source: str, seen: bool) -> None:
    assert bool(sql_in(source)) is seen


def bare_rows_of(source: str) -> list[str]:
    """Return the public functions of a store's module that hand out rows of the driver, or mappings in their stead."""
    return [
        node.name
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns and not node.name.startswith("_")
        if re.search(r"\b(Row|Record)\b|\[str, Any\]", ast.unparse(node.returns))
    ]


def test_rows_leave_the_store_typed() -> None:
    bare = {
        path.name: names for path in modules("alarm_center/store") if (names := bare_rows_of(path.read_text("utf-8")))
    }
    assert bare == {}


@pytest.mark.parametrize(
    "said", ["Row", "list[Row]", "Mapping[str, Any] | None", "list[dict[str, Any]]", "asyncpg.Record"]
)
def test_a_bare_row_is_seen(said: str) -> None:
    assert bare_rows_of(f"async def get(tx: Tx) -> {said}: ...") == ["get"]


def test_a_stored_alarm_has_one_adapter() -> None:
    made = [p for p in modules(*OURS) if "TypeAdapter(Alarm)" in p.read_text(encoding="utf-8")]
    assert [str(p.relative_to(ROOT)) for p in made] == ["alarm_center/store/alarms.py"]


def test_test_towns_come_through_the_import() -> None:
    """A test town is one that a real town could be, and a new column of a resident is said in one place."""
    own = "organisations|areas|memberships|users|carers|shifts|residents|consents|decisions|plans|devices|slots"
    writes = re.compile(rf"\binsert into (?:fjt\.)?({own})\b|select keep_user\(")
    by_hand = {
        "test_access_matrix.py": "a person in one area for each place that a path names",
        "injected_sql.py": "what a page may not write, tried as an attacker",
        "test_towns_apart.py": "what a page may not write, tried as a page's own role",
        "test_invitations.py": "the statements with which an import of the release before wrote them",
        "test_performers.py": "a performer in one town and all of another, in one session",
        "test_rollout.py": "a bare town, in a database that keeps the rules of the release before",
        "test_timeline.py": "a bare town: an import writes lines, and there every line is counted",
        "town_file.py": "the yes of a person whom another town knows, without their session",
        "viewers.py": "somebody who signs in is no part of a town's file",
        "test_gate_sequences.py": "consent given again on the day of its withdrawal, which no file can say",
        "test_protected.py": "another role in another town, in one session",
        "test_carried_over.py": "a town of the revision before, which had another import",
        "test_may_look.py": "every pair of consents, also those that the import refuses",
        "test_tampering.py": "what somebody put in past all rules",
        "test_group_sms.py": "a second town whose SMS are under way, and nothing else of it",
        "test_seals_after_upgrade.py": "rows of the release before, which had another import",
        "bench_verify.py": "a million lines of a bare town",
        "bench_history.py": "a loud town, of which only its lines count",
        "bench_reconciliation.py": "years of a town's rota, without the triggers that would take hours",
        "many_residents.py": "copies of one that came through the import, by the thousand",
        "test_one_patrol.py": "a second area, with a patrol of its own, in the small town of the dialogues",
        "test_mounting_ended.py": "an area that a home moves to while its camera is put up",
        "test_shifts_ahead.py": "nights that the release before laid",
        "test_exercises.py": "a shift that begins during an exercise, and homes that may not change places with its own",
        "test_planning.py": "consent given again on the day of its withdrawal, which no file can say",
    }
    found = {path.name for path in modules("tests") if writes.search(path.read_text(encoding="utf-8"))}
    assert found == set(by_hand), "use tests/support/town_file.py"


def test_no_test_sleeps() -> None:
    sleeping = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in modules("tests")
        if "sleep" in (text := path.read_text(encoding="utf-8"))
        for name, call in calls(ast.parse(text))
        if name in {"time.sleep", "asyncio.sleep"} and ast.unparse(call.args[0]) != "0"
    ]
    assert sleeping == [], "wait for a condition with tests.support.waiting.eventually"


def test_sql_names_the_columns_that_it_wants() -> None:
    """A revision may add a column under a running replica: what was prepared with ``*`` would be another row then."""
    star = re.compile(r"\b(select|returning)\s+(\w+\.)?\*|,\s*\w+\.\*")
    of_its_own = re.compile(r"select f\.\* from unnest.*cross join lateral \(", re.DOTALL)
    found = []
    for path in modules("alarm_center", "fjarrtillsyn"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            said = isinstance(node, ast.Constant) and isinstance(node.value, str) and star.search(node.value)
            # Of a question whose columns are named a few lines above.
            if said and not of_its_own.search(node.value):  # type: ignore[attr-defined]
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")  # type: ignore[attr-defined]
    assert found == []


@pytest.mark.parametrize("folder", ["runtime", "gateway", "detector"])
def test_log_events_are_snake_case(folder: str) -> None:
    """An event is a noun and what became of it, so that one search finds it in the logs of every part."""
    levels = {"debug", "info", "warning", "error", "exception", "critical"}
    said = {
        call.args[0].value: f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in modules(folder)
        for name, call in calls(ast.parse(path.read_text(encoding="utf-8")))
        if name.split(".")[0] in {"log", "_log", "bound"} and name.split(".")[-1] in levels
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    }
    assert said
    assert {event: where for event, where in said.items() if not re.fullmatch(r"[a-z]+(_[a-z]+)+", event)} == {}


def test_a_list_holds_items_alone() -> None:
    """An item that has a role of its own is no item of its list to who hears the page."""
    role = re.compile(r"<li\b[^>]*\srole=")
    templates = (ROOT / "alarm_center/web/templates").rglob("*.html")
    assert [path.name for path in templates if role.search(path.read_text(encoding="utf-8"))] == []
