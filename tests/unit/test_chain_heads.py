"""Heads outside of the database: signed, written as lines, and believed by their signature only."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from pydantic import ValidationError

from alarm_center.chain_heads import BadHeads, ExportedHead, append_heads, export_head, public_half, read_heads
from alarm_center.settings import CentreSettings
from alarm_center.store.events import Cursor
from alarm_center.store.seals import Head
from runtime.settings import problems

KEY: Final = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
"""The secret key of the first test in RFC 8032, section 7.1; its public key stands there too."""
PUBLIC: Final = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
HEAD: Final = Head(Cursor(12, 34), "ab" * 32, datetime(2026, 11, 26, 3, 0, 0, 5, UTC))


def test_the_public_half_is_as_the_standard_has_it() -> None:
    assert public_half(KEY) == PUBLIC


def test_a_signed_head_is_believed_by_its_key() -> None:
    head = export_head("vik", HEAD, KEY)
    assert head.key == PUBLIC
    assert head.is_signed_by(PUBLIC)
    assert ExportedHead.from_line(head.to_line()) == head


@pytest.mark.parametrize("changed", ["org", "cursor", "head", "sealed_at", "signature"])
def test_a_head_changed_in_any_part_is_not_believed(changed: str) -> None:
    head = export_head("vik", HEAD, KEY)
    assert not replace(head, **{changed: "ab" * 64}).is_signed_by(PUBLIC)


@pytest.mark.parametrize("key", [public_half("11" * 32), "00", "no hex", ""])
def test_another_key_does_not_do(key: str) -> None:
    assert not export_head("vik", HEAD, KEY).is_signed_by(key)


def test_without_a_key_a_head_is_told_unsigned() -> None:
    head = export_head("vik", HEAD, None)
    assert (head.key, head.signature) == ("", "")
    assert not head.is_signed_by(PUBLIC)


def test_heads_are_added_to_a_file_and_read_by_town(tmp_path: Path) -> None:
    file = tmp_path / "heads"
    vik, granby = export_head("vik", HEAD, KEY), export_head("granby", HEAD, KEY)
    append_heads(file, [vik, granby])
    append_heads(file, [vik])
    assert read_heads(file, "vik") == [vik, vik]


def test_a_log_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "log"
    released = {"event": "chain_head_recorded", "org": "vik", "cursor": "1-2", "head": "cd" * 32}
    others = ["plain text", json.dumps({"event": "outbox_began"})]
    file.write_text("\n".join([json.dumps(released), *others]), encoding="utf-8")
    assert read_heads(file, "vik") == [ExportedHead("vik", "1-2", "cd" * 32)]


@pytest.mark.parametrize("line", ['{"head": "ab"}', '"head"', '{"head": '])
def test_a_line_that_is_no_head_is_named(line: str, tmp_path: Path) -> None:
    file = tmp_path / "heads"
    file.write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(BadHeads, match="line 2"):
        read_heads(file, "vik")
    with pytest.raises(BadHeads, match="nowhere"):
        read_heads(tmp_path / "nowhere", "vik")


@pytest.mark.parametrize(("key", "live", "said"), [("ab", False, "32 bytes"), ("g" * 64, False, "32 bytes"), (None, True, "FJT_LIVE=1")])  # fmt: skip
def test_a_key_that_is_wrong_or_missing_is_named(key: str | None, live: bool, said: str) -> None:
    databases = {f"database_url{role}": "postgresql://" for role in ("", "_web", "_sign_in", "_planner")}
    with pytest.raises(ValidationError) as refused:
        CentreSettings.model_validate({**databases, "seal_key": key, "live": live})
    (about,) = [line for line in problems(refused.value) if line.startswith("FJT_SEAL_KEY: ")]
    assert said in about
