"""The measurement of the core's tests: which mutants are made, how they are drawn, and that each survivor is still one."""

import pytest

from tests.mutation.__main__ import ROOT
from tests.mutation.measure import core_mutations, draw, wilson
from tests.mutation.mutants import Mutant, Mutations
from tests.mutation.picking import body_around, pick_tests
from tests.mutation.survivors import Survivor, known_survivors, reason_for


def mutants(source: str) -> list[Mutant]:
    found = Mutations("made_up.py", source)
    return [mutant for n in range(len(found)) if (mutant := found.render(n)) is not None]


def changes(source: str) -> set[str]:
    return {mutant.becomes for mutant in mutants(source)}


def test_a_boundary_moves_by_one_instant() -> None:
    assert "return now <= until" in changes("def f(now, until):\n    return now < until\n")


def test_a_default_and_a_property_are_mutated_too() -> None:
    source = "class A:\n    late: bool = False\n\n    @property\n    def on(self):\n        return not self.late\n"
    assert {"late: bool = True", "return self.late"} <= changes(source)
    assert {(m.function, m.line) for m in mutants(source)} == {("A", 2), ("A.on", 6)}


@pytest.mark.parametrize(
    "source",
    [
        '"""Words."""\n',
        '"Words."\n',
        "def f(a: int | None) -> list[int] | None: ...\n",
        "__all__ = ['a', 'b']\n",
        "Event = int | str\n",
        "Result = tuple[int, str]\n",
        "from a import b\n",
        "@dataclass(frozen=True)\nclass A: ...\n",
        "def f(x):\n    raise ValueError('no ' + x)\n",
        "def f(x):\n    assert x, 'no ' + x\n",
    ],
)
def test_what_decides_nothing_is_not_mutated(source: str) -> None:
    assert mutants(source) == []


def test_a_function_is_tried_by_the_tests_that_enter_it() -> None:
    source = "A = 1\n\n\ndef f(\n    a=2,\n):\n    def g():\n        return 3\n    return g\n"
    assert [body_around(source, line) for line in (1, 5, 7, 8, 9)] == [None, None, *[range(7, 10)] * 3]


def test_the_seed_alone_decides_which_mutants_are_drawn() -> None:
    found = {"a.py": Mutations("a.py", "A, B, C = 1 < 2, 3 < 4, 'abc'\nD = dict(a=1, b=2)\n")}
    assert draw(found, 5, "one") == draw(found, 5, "one") != draw(found, 5, "two")
    assert len({mutant.source for mutant in draw(found, 5, "one")}) == 5


def test_the_interval_is_wilsons() -> None:
    assert wilson(540, 600) == pytest.approx((0.8734, 0.9216), abs=0.0001)
    assert wilson(10, 10)[1] == pytest.approx(1)


def test_each_module_of_the_core_has_a_unit_test() -> None:
    walks = "tests/unit/test_core_values.py"
    assert [module for module, tests in pick_tests(ROOT).items() if not tests - {walks}] == []


def test_tests_are_picked_by_what_they_import() -> None:
    picked = pick_tests(ROOT)
    assert "tests/unit/test_dispatch.py" in picked["alarm_center/core/alarm/dispatch.py"]  # by way of tests/support
    assert all("tests/unit/test_core_values.py" in tests for tests in picked.values())  # it walks the package
    assert "tests/unit/test_phone_numbers.py" not in picked["alarm_center/core/alarm/dispatch.py"]


def test_every_named_survivor_is_still_a_mutant() -> None:
    known = known_survivors()
    mutations = core_mutations(ROOT, {survivor.module for survivor in known})
    gone = [survivor for survivor in known if not _is_made(survivor, mutations)]
    assert gone == [], "tests/mutation/survivors.toml: the code has changed; run it again, or drop the entry"


def _is_made(survivor: Survivor, mutations: dict[str, Mutations]) -> bool:
    found = mutations.get(survivor.module)
    if found is None:
        return False
    becomes = _without_spaces(survivor.becomes)
    candidates = [number for number, function in enumerate(found.functions()) if function == survivor.function]
    # Likely ones first: each costs a walk through its module.
    candidates.sort(key=lambda number: _without_spaces(found.changed_text(number)) not in becomes)
    return any(mutant is not None and survivor.is_of(mutant) for mutant in map(found.render, candidates))


def _without_spaces(text: str) -> str:
    return "".join(text.split())


def test_every_named_survivor_has_a_reason_of_its_own() -> None:
    named = known_survivors()
    assert all(survivor.reason.strip() for survivor in named)
    assert len({(s.module, s.function, s.was, s.becomes) for s in named}) == len(named)


def test_a_reason_is_for_one_mutation_only() -> None:
    mutant, other = mutants("def f(a, b):\n    return a < b\n\n\ndef g(a, b):\n    return a < b\n")
    known = [Survivor(mutant.module, mutant.function, mutant.was, mutant.becomes, "equal never happens")]
    assert (reason_for(mutant, known), reason_for(other, known)) == ("equal never happens", None)
