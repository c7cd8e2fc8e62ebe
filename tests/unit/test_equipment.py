"""Equipment: the life cycle as a table, a form read with every fault at once, and a table of pieces a line each."""

import itertools
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from alarm_center.core.decision import IllegalMove
from alarm_center.core.equipment import (
    NEXT,
    EquipmentFault,
    EquipmentFields,
    EquipmentKind,
    EquipmentPiece,
    EquipmentState,
    check_move,
    moves_of,
    read_equipment,
)
from alarm_center.core.equipment_table import MOST_PIECES, EquipmentProblem, TableFault, read_table
from alarm_center.preparation.equipment_changes import compare_table
from alarm_center.words import equipment_words
from alarm_center.words.catalogues import SPEECHES

CAMERA = EquipmentPiece(
    uuid4(), "storstad", "INV-1", EquipmentKind.CAMERA, "", "", EquipmentState.STOCK, None, None, None, None, "", None, 0
)  # fmt: skip


def read(text: str, *pieces: EquipmentPiece) -> tuple[list[str], list[EquipmentProblem]]:
    """Return the numbers that a table names, and its problems."""
    names = equipment_words.heading_names(), equipment_words.kind_names(), equipment_words.state_names()
    lines, problems = read_table(text, *names, {each.number.casefold(): each.kind for each in pieces})
    change = compare_table(lines, pieces)
    return [each.piece.number for each in lines], [*problems, *change.problems]


def test_each_state_has_its_row() -> None:
    assert set(NEXT) == set(EquipmentState)
    assert not NEXT[EquipmentState.SCRAPPED], "what is scrapped is gone"


def test_nothing_is_scrapped_before_it_is_wiped() -> None:
    before = {state for state, following in NEXT.items() if EquipmentState.SCRAPPED in following}
    assert before == {EquipmentState.WIPED, EquipmentState.ORDERED}, "an order that never came has nothing on it"


@pytest.mark.parametrize("kind", [EquipmentKind.CAMERA, EquipmentKind.SENSORS])
def test_no_form_takes_a_camera_from_a_home_or_to_one(kind: EquipmentKind) -> None:
    for state, goal in itertools.product(EquipmentState, EquipmentState):
        if EquipmentState.MOUNTED in (state, goal):
            with pytest.raises(IllegalMove):
                check_move(kind, state, goal)
    assert moves_of(kind, EquipmentState.MOUNTED) == ()


def test_an_illegal_move_is_refused_and_a_legal_one_passes() -> None:
    for kind, state, goal in itertools.product(EquipmentKind, EquipmentState, EquipmentState):
        if goal in moves_of(kind, state):
            assert goal in NEXT[state]
            check_move(kind, state, goal)
        else:
            with pytest.raises(IllegalMove):
                check_move(kind, state, goal)


def test_a_phone_is_taken_into_use_by_a_form() -> None:
    assert EquipmentState.MOUNTED in moves_of(EquipmentKind.PHONE, EquipmentState.STOCK)
    assert EquipmentState.LOST in moves_of(EquipmentKind.PHONE, EquipmentState.MOUNTED)


def test_a_form_is_read_as_it_is_written() -> None:
    said = EquipmentFields(
        " INV  7 ", "phone", "s", "m", "8946 0000 0000 0000 001", "070-174 06 11", "2028-11-30", "0701740612", " n "
    )
    found = read_equipment(said)
    assert not found.faults and found.number == "INV 7"
    assert found.values == {
        "number": "INV 7", "serial": "s", "model": "m", "sim_iccid": "8946000000000000001", "sim_number": "+46701740611",
        "warranty_until": date(2028, 11, 30), "phone": "+46701740612", "note": "n",
    }  # fmt: skip


def test_each_field_says_its_own_fault() -> None:
    said = EquipmentFields(" ", "hus", "", "", "89x", "tolv", "snart", "x")
    assert read_equipment(said).faults == {
        "number": EquipmentFault.NO_NUMBER, "kind": EquipmentFault.NO_KIND, "sim_iccid": EquipmentFault.NO_ICCID,
        "sim_number": EquipmentFault.NO_PHONE, "warranty_until": EquipmentFault.NO_DATE, "phone": EquipmentFault.NO_PHONE,
    }  # fmt: skip
    assert read_equipment(EquipmentFields("x" * 41)).faults == {"number": EquipmentFault.NUMBER_LONG}
    assert read_equipment(EquipmentFields("1", phone="0701740611")).faults == {"phone": EquipmentFault.NOT_A_PHONE}
    assert read_equipment(EquipmentFields("1", "phone"), EquipmentKind.CAMERA).faults == {
        "kind": EquipmentFault.OTHER_KIND
    }


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_file_that_went_out_comes_in_and_changes_nothing(language: str) -> None:
    speech = SPEECHES[language]
    phone = replace(CAMERA, number="T-1", kind=EquipmentKind.PHONE, state=EquipmentState.MOUNTED, phone="+46701740611")
    rows = [
        list(map(speech, equipment_words.HEADINGS.values())),
        *(equipment_words.row_of(each, "UTC", speech)[:10] for each in (CAMERA, phone)),
    ]
    text = "\n".join(";".join(f"'{cell}" if cell.startswith("+") else cell for cell in row) for row in rows)
    names = equipment_words.heading_names(), equipment_words.kind_names(), equipment_words.state_names()
    lines, problems = read_table(text, *names, {})
    assert not problems and compare_table(lines, [CAMERA, phone]).is_nothing


def test_each_line_of_a_table_says_all_that_is_wrong() -> None:
    text = "Inventarienummer;Sort;Läge\nA;kamera;i lager\n;hus;\na;kamera;\nB;kamera;bortsprungen\nC;kamera;monterad\nINV-1;telefon;"
    numbers, problems = read(text, CAMERA)
    assert numbers == ["A", "C"]
    assert problems == [
        EquipmentProblem(3, "number", EquipmentFault.NO_NUMBER), EquipmentProblem(3, "kind", EquipmentFault.NO_KIND, "hus"),
        EquipmentProblem(4, "number", EquipmentFault.TWICE, "a"), EquipmentProblem(5, "state", EquipmentFault.NO_STATE, "bortsprungen"),
        EquipmentProblem(7, "kind", EquipmentFault.OTHER_KIND, "telefon"), EquipmentProblem(6, "state", EquipmentFault.NO_MOVE, "mounted"),
    ]  # fmt: skip


def test_a_table_moves_no_camera_out_of_a_home() -> None:
    mounted = replace(CAMERA, state=EquipmentState.MOUNTED)
    problems = read("Inventarienummer;Sort;Läge\nINV-1;kamera;i lager", mounted)[1]
    assert problems == [EquipmentProblem(2, "state", EquipmentFault.NO_MOVE, "stock")]


def test_an_empty_cell_changes_nothing() -> None:
    known = replace(CAMERA, model="Alfa", note="n")
    names = equipment_words.heading_names(), equipment_words.kind_names(), equipment_words.state_names()
    lines, _ = read_table("inv-1;camera;;;Beta", *names, {"inv-1": EquipmentKind.CAMERA})
    change = compare_table(lines, [known])
    assert [(piece.number, dict(new)) for piece, new in change.edited] == [
        ("INV-1", {"number": "inv-1", "model": "Beta"})
    ]


@pytest.mark.parametrize("text", ["", " \n;;\n", "\n".join(f"{n};kamera" for n in range(MOST_PIECES + 1))])
def test_a_table_without_lines_or_without_an_end_is_refused(text: str) -> None:
    with pytest.raises(TableFault):
        read(text)
