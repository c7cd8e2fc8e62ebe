"""References between code and docs: each file, section, test, module and decision that prose names exists."""

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

from alarm_center.words.update_catalogues import catalogue_of

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "gateway", "detector", "alarm_center", "fjarrtillsyn", "tests", "deploy")
EXAMPLES = {"town.toml", "zones.json", "profile.json", "samples.csv", "sessions.csv", "person.onnx", "out.png"}
"""Files that a reader would have. What stands in build/ is made by a command."""
ENDINGS = "py|md|sql|toml|html|js|css|json|yaml|yml|txt|conf|csv|cbor|onnx|service|rules|env|png|po|mako"

_PATH = re.compile(rf"^(?:[\w.-]+/)*[\w.-]*\w\.(?:{ENDINGS})$")
_FOLDER = re.compile(r"^(?:[\w.-]+/)+$")
_IN_PROSE = re.compile(rf"(?<![\w/.:{{-])(?:[\w-]+/)*[\w-]+\.(?:{ENDINGS})(?:#[\w-]+)?(?![\w/])")
_TEST = re.compile(r"^test_\w+$")
_DOTTED = re.compile(r"\b(?:" + "|".join(PACKAGES) + r")(?:\.\w+)+")
_ROOMS = "core|store|casework|sms|preparation|town|web|providers"
_OF_A_ROOM = re.compile(rf"^(?:{_ROOMS})(?:\.\w+)+$")
_DECISION = re.compile(r"\b(?:ADR |adr/)\d{4}\b")
_OLD_SECTION = re.compile(r"\b(design|domain|words|screens|style)\s*§\s*([\d.]+\w?)", re.IGNORECASE)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Prose:
    """A piece of prose of one file: a comment, a docstring, or a line of a document."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@cache
def tracked() -> frozenset[str]:
    """Return every file of the repository, as git names it; without git, every file that is not hidden."""
    try:
        out = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        names = [name for name in out.splitlines() if (ROOT / name).is_file()]
    except (OSError, subprocess.CalledProcessError):
        found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
        names = [str(path) for path in found if not any(part.startswith(".") for part in path.parts)]
    return frozenset(names)


@cache
def known() -> frozenset[str]:
    """Return every file and folder by its path from the root, and by its last parts (`core/plan.py`, `core/`)."""
    found = set()
    for name in tracked():
        parts = name.split("/")
        for end in range(1, len(parts) + 1):
            tail = "" if end == len(parts) else "/"
            found |= {"/".join(parts[start:end]) + tail for start in range(end)}
    return frozenset(found)


def exists(path: str, of: str) -> bool:
    """Tell whether *path*, as the file *of* names it, is a file or a folder of ours.

    A path may be given from the root, from the naming file's own folder, or by its last parts.
    """
    if path in EXAMPLES or path.startswith("build/"):
        return True
    beside = str(PurePosixPath(of).parent / path) + ("/" if path.endswith("/") else "")
    return path in known() or beside in known()


@cache
def sections(document: str) -> frozenset[str]:
    """Return the anchors that a page makes of the headings of *document*."""
    found: dict[str, int] = {}
    fenced = False
    for line in (ROOT / document).read_text(encoding="utf-8").splitlines():
        fenced ^= line.startswith("```")
        heading = None if fenced else re.match(r"#{1,6} +(.+)", line)
        if heading:
            words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).lower()
            anchor = re.sub(r"[^\w\- ]", "", words).strip().replace(" ", "-")
            found[anchor] = found.get(anchor, -1) + 1
            if found[anchor]:
                found[f"{anchor}-{found[anchor]}"] = 0
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Outline:
    """The names that a Python file defines at any depth, and the lines of its strings that stand alone, such as docstrings."""

    names: frozenset[str]
    docs: tuple[Prose, ...]


@cache
def outline(file: str) -> Outline:
    """Read a Python file once. Its statements alone are walked: expressions are nine tenths of the tree."""
    names: set[str] = set()
    docs: list[Prose] = []
    waiting: list[ast.AST] = [ast.parse((ROOT / file).read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Expr(value=ast.Constant(value=str(text))):
                docs += [Prose(file, node.lineno + offset, line) for offset, line in enumerate(text.splitlines())]
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, part, [])
            waiting += inner if isinstance(inner, list) else []
    return Outline(frozenset(names), tuple(docs))


@cache
def defined_in_tests() -> dict[str, frozenset[str]]:
    """Return each test file with the names that it defines."""
    files = [name for name in tracked() if name.startswith("tests/") and name.endswith(".py")]
    return {name: outline(name).names for name in files}


@cache
def names_of_tests() -> frozenset[str]:
    """Return the name of each test, and of each file of tests."""
    stems = {PurePosixPath(file).stem for file in defined_in_tests()}
    return frozenset(stems.union(*defined_in_tests().values()))


def is_a_test(name: str) -> bool:
    """Tell whether *name* is a test or a file of tests."""
    return name in names_of_tests()


def resolves(dotted: str) -> bool:
    """Tell whether *dotted* is a module of ours, or a name that one defines."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        path = "/".join(parts[:cut])
        module = next((m for m in (f"{path}.py", f"{path}/__init__.py") if m in tracked()), None)
        if module or any(name.startswith(f"{path}/") for name in tracked()):
            return cut == len(parts) or (module is not None and parts[cut] in defined(module))
    return False


@cache
def defined(module: str) -> frozenset[str]:
    """Return the names that *module* defines or imports at its top."""
    names: set[str] = set()
    for node in ast.parse((ROOT / module).read_text(encoding="utf-8")).body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Assign(targets=targets):
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names |= {(alias.asname or alias.name).split(".")[0] for alias in aliases}
    return frozenset(names)


def prose_of(file: str) -> Iterator[Prose]:
    """Yield the comments and docstrings of one source file."""
    text = (ROOT / file).read_text(encoding="utf-8")
    if file.endswith(".py"):
        yield from _marked(file, text, r"(?:^|\s)#(.*)")
        yield from outline(file).docs
        return
    comment = {"sql": r"--(.*)", "html": r"\{#(.*?)#\}", "js": r"(?://|^\s*/?\*)(.*)", "css": r"/?\*(.*)"}
    yield from _marked(file, text, comment.get(file.rpartition(".")[2], r"(?:^|\s)#(.*)"))


def _marked(file: str, text: str, mark: str) -> Iterator[Prose]:
    """Yield what stands behind *mark* in each line. In Python a sign within a string counts too: its tokens cost ten times as much to read."""
    pattern = re.compile(mark)
    for number, line in enumerate(text.splitlines(), 1):
        for found in pattern.finditer(line):
            yield Prose(file, number, found[1])


def sources() -> list[str]:
    """Return the files whose comments are held: ours, but for drawings and data."""
    kinds = (".py", ".sql", ".html", ".js", ".css", ".toml", ".conf", ".yml", ".yaml", ".env", ".service", ".rules")
    also = {"Makefile", "Dockerfile", "deploy/mosquitto/acl", "deploy/caddy/Caddyfile"}
    return sorted(name for name in tracked() if name.endswith(kinds) or name in also)


def documents() -> list[str]:
    return sorted(name for name in tracked() if name.endswith(".md") and name != "CHANGELOG.md")


def lines_of(document: str) -> Iterator[Prose]:
    """Yield the lines of a document, those of its code blocks left out."""
    fenced = False
    for number, line in enumerate((ROOT / document).read_text(encoding="utf-8").splitlines(), 1):
        fenced ^= line.startswith("```")
        if not fenced and not line.startswith("    "):
            yield Prose(document, number, line)


def links(piece: Prose) -> list[str]:
    """Return the targets of the links and pictures in *piece*."""
    return [link or picture for link, picture in _LINK.findall(piece.text)]


def is_dead_link(of: str, target: str) -> bool:
    """Tell whether a relative link of the document *of* leads nowhere."""
    if re.match(r"[a-z]+:", target):
        return False
    path, _, anchor = target.partition("#")
    full = (ROOT / of).parent / path if path else ROOT / of
    if not full.exists():
        return True
    return bool(anchor) and anchor not in sections(str(full.resolve().relative_to(ROOT)))


def is_there(word: str, of: str) -> bool:
    """Tell whether what *word* names exists; a word that names nothing of ours counts as there."""
    path, _, test = word.partition("::")
    path, _, anchor = path.partition("#")
    if _PATH.match(path) or _FOLDER.match(path):
        pages = [name for name in tracked() if anchor and (name == path or name.endswith(f"/{path}"))]
        found = exists(path, of) or resolves(path)  # gateway.service reads as a file, and is a module
        has_section = not anchor or any(anchor in sections(page) for page in pages)
        has_test = not test or any(file.endswith(path) and test in names for file, names in defined_in_tests().items())
        return found and has_section and has_test
    if _TEST.match(word):
        return is_a_test(word)
    if _OF_A_ROOM.match(word):
        return resolves(f"alarm_center.{word}")
    if _DOTTED.fullmatch(word):
        return resolves(word)
    if _DECISION.fullmatch(word):
        return any(name.startswith(f"docs/adr/{word[-4:]}-") for name in tracked())
    return True


def missing(piece: Prose) -> Iterator[str]:
    """Yield each file, section, test, module and decision that *piece* names and that does not exist."""
    words = {word for quoted in re.findall(r"`+([^`]+)`+", piece.text) for word in re.split(r"[\s,;()]+", quoted)}
    for pattern in (_IN_PROSE, _DOTTED, _DECISION):
        words |= {found[0] for found in pattern.finditer(piece.text)}
    yield from (f"{piece}: {word}" for word in sorted(words) if not is_there(word, piece.file))


@pytest.mark.parametrize("document", documents())
def test_a_document_names_only_what_is_there(document: str) -> None:
    gone = []
    for piece in lines_of(document):
        gone += [f"{piece}: {link}" for link in links(piece) if is_dead_link(document, link)]
        gone += missing(piece)
    assert not gone, "\n".join(gone)


def test_every_page_is_linked() -> None:
    """A page that nothing links to is read by nobody; a decision has its row in the list of decisions."""
    linked = {
        str((ROOT / document).parent.joinpath(link.partition("#")[0]).resolve().relative_to(ROOT))
        for document in documents()
        for piece in lines_of(document)
        for link in links(piece)
        if not re.match(r"[a-z]+:|#", link) and not is_dead_link(document, link)
    }
    pages = {name for name in documents() if name.startswith("docs/")}
    assert sorted(pages - linked) == []
    listed = (ROOT / "docs/adr/README.md").read_text(encoding="utf-8")
    decisions = {name.rpartition("/")[2] for name in pages if re.match(r"docs/adr/\d", name)}
    assert {name for name in decisions if f"]({name})" not in listed} == set()


def test_every_promise_names_the_test_that_holds_it() -> None:
    rows = [
        piece
        for piece in lines_of("docs/guarantees.md")
        if piece.text.startswith("| ") and not re.match(r"\| (promise|was done)|\|---", piece.text)
    ]
    bare = [str(row) for row in rows if not re.search(r"`[\w/]+\.py::\w+` \|$", row.text)]
    assert rows and not bare, bare


def test_comments_name_only_what_is_there() -> None:
    gone = [line for file in sources() for piece in prose_of(file) for line in missing(piece)]
    assert not gone, "\n".join(gone)


def test_no_comment_points_at_a_design_elsewhere() -> None:
    """A section of a document that a reader does not have explains nothing."""
    kinds = (".py", ".sql", ".html", ".js", ".css", ".json", ".conf", ".toml", ".yml", ".yaml", ".po")
    found = [
        f"{name}: {section[0]}"
        for name in sorted(tracked())
        if name.endswith(kinds) and not name.startswith("docs/")
        for section in _OLD_SECTION.finditer((ROOT / name).read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def test_the_glossary_gives_the_words_of_the_screens() -> None:
    """A Swedish word that is not in italics stands on a screen or in an SMS."""
    said = (ROOT / "alarm_center/core/messages/sms_words.py").read_text(encoding="utf-8").lower()
    said += "".join(str(message.id).lower() for message in catalogue_of("en"))
    rows = [piece.text.split("|") for piece in lines_of("docs/glossary.md") if piece.text.startswith("| ")]
    cells = {row[2].strip() for row in rows} - {"Swedish", ""}
    words = {word for cell in cells for word in cell.split(", ") if "*" not in word}
    assert len(words) > 20
    assert {word for word in words if word.lower() not in said} == set()
