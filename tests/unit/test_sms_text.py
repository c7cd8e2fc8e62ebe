"""The SMS texts: one GSM-7 segment with the real host, nothing about the person."""

import itertools
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarm_center.core.messages import gsm7
from alarm_center.core.messages.sms_text import Texts
from alarm_center.core.messages.sms_words import WORDS, Language
from alarm_center.core.messages.text_facts import TextFacts
from alarm_center.core.messages.text_flaws import UnfitText
from alarm_center.core.plan import Wording
from alarm_center.core.replies.carer_actions import VOICE

STOCKHOLM = ZoneInfo("Europe/Stockholm")
SV = Texts(Language.SV, STOCKHOLM, "natt.kommun.se", "010-1234567")
EN = replace(SV, language=Language.EN)
FACTS = TextFacts(
    case_no=4821,
    priority=1,
    area="3",
    by=datetime(2026, 6, 11, 0, 59, tzinfo=UTC),
    token="k7Q2xM",
    patrol="Patrull 2",
    other_no=4822,
    other_priority=2,
    minutes=30,
    starts_at=datetime(2026, 6, 10, 19, 30, tzinfo=UTC),
    ends_at=datetime(2026, 6, 11, 5, 0, tzinfo=UTC),
    incident_link="i5f3a0c1e",
    places=38,
    digit="3",
    other_digit="2",
)
SENT = [text for text in Wording if text not in VOICE]


# ---- the words ----


@pytest.mark.parametrize("language", list(Language))
def test_every_wording_has_its_words(language: Language) -> None:
    lacking = [wording.value for wording in Wording if wording not in WORDS[language]]
    assert lacking == [], f"write it in core/messages/sms_words.py, in {language}"


@pytest.mark.parametrize(
    ("text", "swedish"),
    [
        (
            Wording.CALL_OUT,
            "Larm 4821 PRIO 1 omr 3. Framme senast 02:59. Svara 1=tar 2=kan inte. https://natt.kommun.se/u/k7Q2xM",
        ),
        (
            Wording.GRANTED,
            "4821 är ditt. Adress: https://natt.kommun.se/u/k7Q2xM Inget nät: ring 010-1234567. "
            "Svara 3=framme 4=klar 5=kommer inte in 9=hjälp",
        ),
        (Wording.TAKEN, "4821 är redan taget av Patrull 2. Du behöver inte åka."),
        (
            Wording.ALSO_SEEKS,
            "Du tog 4821 (prio 1). 4822 söker en annan patrull. Tar du båda: svara 1 4822.",
        ),
        (
            Wording.MUSTER,
            "Nattpass omr 3, 21:30-07:00. Svara 1 om du har telefonen i natt, 2 om någon annan ska ha larmen.",
        ),
        (
            Wording.ON_SITE_CHECK,
            "4821: du har varit på plats 30 min. Svara 4=klar 6=stannar 9=hjälp. Utan svar ringer vi.",
        ),
        (
            Wording.INCIDENT,
            "Störning omr 3: 38 platser ska kontrolleras. Lista: https://natt.kommun.se/d/i5f3a0c1e "
            "Inget nät: reservlistan i bilen.",
        ),
        (
            Wording.CARER_TEST,
            "Test inför dina nattpass. Svara 1 så vet vi att numret är rätt. Du behöver inte åka någonstans.",
        ),
        (Wording.PLANNER_WAITING, "Att göra: 38 väntar på dig. https://natt.kommun.se/todo"),
        (
            Wording.NIGHT_THREATENED,
            "Osäkert i natt: 38 (omr 3). Se vilka, och gör om till besök: https://natt.kommun.se/todo",
        ),
        (
            Wording.PAUSES_UNANSWERED,
            "Pauser utan svar: 38 (omr 3). Hemma i natt? Svara på sidan: https://natt.kommun.se/pause "
            "Utan svar upphör de.",
        ),
        (
            Wording.VISIT,
            "Besök 4821 omr 3 kl 02:59, inte larm. Svara 1=tar 2=kan inte. https://natt.kommun.se/u/k7Q2xM",
        ),
        (
            Wording.VOICE_CALL_OUT,
            "Larm fyra åtta två ett. Prioritet ett. Område tre. "
            "Tryck 1 om du tar det, 2 om du inte kan, 3 för att höra igen.",
        ),
    ],
)
def test_a_carer_reads_in_swedish(text: Wording, swedish: str) -> None:
    assert SV.say(text, FACTS) == swedish


@pytest.mark.parametrize(
    ("text", "english"),
    [
        (
            Wording.CALL_OUT,
            "Alarm 4821 PRIO 1 area 3. On site by 02:59. Reply 1=take 2=cannot. https://natt.kommun.se/u/k7Q2xM",
        ),
        (Wording.TAKEN, "4821 is taken by Patrull 2. You need not go."),
        (
            Wording.VOICE_CALL_OUT,
            "Alarm four eight two one. Priority one. Area three. "
            "Press 1 to take it, 2 if you cannot, 3 to hear it again.",
        ),
    ],
)
def test_a_carer_reads_in_english(text: Wording, english: str) -> None:
    assert EN.say(text, FACTS) == english


def test_a_reminder_carries_its_own_link() -> None:
    start = "Påminnelse: larm 4821 PRIO 1 omr 3 är inte taget. Svara 1=tar 2=kan inte."
    assert SV.say(Wording.REMINDER, FACTS) == f"{start} https://natt.kommun.se/u/k7Q2xM"
    assert SV.say(Wording.REMINDER, replace(FACTS, token=None)) == start


def test_a_deadline_in_the_autumn_s_repeated_hour_says_which() -> None:
    autumn = replace(FACTS, by=datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    assert "Framme senast 02:30 (andra)." in SV.say(Wording.CALL_OUT, autumn)
    assert "On site by 02:30 (second)." in EN.say(Wording.CALL_OUT, autumn)


def test_each_text_has_the_same_facts_in_both_languages() -> None:
    for text in Wording:
        fields = [set(re.findall(r"\{(\w+)\}", WORDS[language][text])) for language in Language]
        assert fields[0] == fields[1], text


# ---- one segment ----


@pytest.mark.parametrize("host", ["natt.kommun.se", "nattillsyn.ornskoldsvik.se"])
@pytest.mark.parametrize("language", list(Language))
def test_each_text_at_its_longest_is_one_segment(language: Language, host: str) -> None:
    assert Texts(language, STOCKHOLM, host, "010-123 45 67").problems(["3", "N12"]) == ()


def test_a_host_that_is_too_long_is_refused() -> None:
    long = replace(SV, host="nattlig-fjarrtillsyn-och-trygghet.hemtjansten.kommun.example.se")
    assert any("granted" in problem and "shorten the host" in problem for problem in long.problems())
    with pytest.raises(UnfitText, match=r"text granted: 1[67]\d septets, one segment holds 160"):
        long.say(Wording.GRANTED, FACTS)


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("Larm åäö ÅÄÖ é", 14), ("[€]", 6), ("a\nb", 3), ("@£$¥Δ_", 6), ("^{}\\~|", 12)],
)
def test_an_extended_character_costs_two_septets(text: str, count: int) -> None:
    assert gsm7.septet_count(text) == count


def test_gsm7_has_127_characters_and_ten_extended_ones() -> None:
    fits = {c for c in map(chr, range(0x10000)) if not 0xD800 <= ord(c) < 0xE000 and _encodes(c)}
    assert len(fits) == 127 + 10  # the 128th place is the escape itself
    assert {c for c in fits if gsm7.septet_count(c) == 2} == set("\f^{}\\[~]|€")


def _encodes(char: str) -> bool:
    try:
        return gsm7.septet_count(char) > 0
    except gsm7.NotGsm7:
        return False


@pytest.mark.parametrize("char", ["…", "–", "Á", "ç", "`", "\u00a0", "😀", "”"])
def test_a_character_outside_the_alphabet_is_named(char: str) -> None:
    with pytest.raises(gsm7.NotGsm7, match=rf"U\+{ord(char):04X}.* at 4 "):
        gsm7.septet_count(f"Larm{char}")


@given(
    st.integers(1, 99999), st.integers(1, 3), st.from_regex(r"[0-9A-ZÅÄÖ]{1,4}", fullmatch=True),
    st.integers(0, 8 * 366 * 24 * 60).map(lambda m: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=m)),
    st.from_regex(r"[A-Za-z0-9_-]{4,8}", fullmatch=True), st.sampled_from(SENT), st.sampled_from([SV, EN]),
)  # fmt: skip
def test_whatever_the_facts_a_text_is_one_segment(
    case_no: int, priority: int, area: str, by: datetime, token: str, text: Wording, texts: Texts
) -> None:
    facts = replace(FACTS, case_no=case_no, priority=priority, area=area, by=by, ends_at=by, token=token)
    assert 0 < gsm7.septet_count(texts.say(text, facts)) <= gsm7.SEGMENT_SEPTETS


# ---- nothing about the person ----


@pytest.mark.parametrize("area", ["Byn", "Bergsbyn", "omr 3", "", "12345", "3; Ann"])
def test_an_area_that_is_not_a_neutral_code_is_refused(area: str) -> None:
    with pytest.raises(UnfitText, match="never a place's name"):
        SV.say(Wording.CALL_OUT, replace(FACTS, area=area))


@pytest.mark.parametrize("label", ["Anna", "Anna Berg 2", "Storgatan 12 B", "", "Patrull två"])
def test_a_patrol_known_by_a_name_is_not_named(label: str) -> None:
    assert SV.say(Wording.TAKEN, replace(FACTS, patrol=label)) == "4821 är redan taget. Du behöver inte åka."


@pytest.mark.parametrize("language", list(Language))
def test_no_text_says_what_has_happened(language: Language) -> None:
    forbidden = re.compile(
        r"\b(fall\w*|golv\w*|floor|säng\w*|bed|kamera\w*|camera|brukare|resident|tekni\w*|tillsyn\w*)\b", re.I
    )
    for text in Wording:
        assert not forbidden.search(WORDS[language][text]), text


# ---- errors say what to do ----


def test_a_missing_fact_is_named() -> None:
    with pytest.raises(UnfitText, match="by is missing"):
        SV.say(Wording.VISIT, replace(FACTS, by=None))


def test_a_text_without_its_case_is_refused() -> None:
    with pytest.raises(UnfitText, match="case is missing"):
        SV.say(Wording.TAKEN, replace(FACTS, case_no=None))


@pytest.mark.parametrize("name", ["case_no", "other_no", "priority", "other_priority", "minutes", "places"])
def test_a_number_below_zero_is_named(name: str) -> None:
    with pytest.raises(UnfitText, match=f"^{name} -1: use 0 or more"):
        SV.say(Wording.TAKEN, replace(FACTS, **{name: -1}))  # type: ignore[arg-type]  # each of them is a number


@pytest.mark.parametrize("token", ["", "abc", "k7Q2xM/..", "a b c d", "x" * 25])
def test_a_token_that_is_not_one_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(UnfitText, match=r"^link token: use 4 to 24"):
        SV.link(token)


@pytest.mark.parametrize("host", ["https://natt.kommun.se", "natt.kommun.se/x", "", "http://natt.kommun.se", "a b"])
def test_a_host_is_a_bare_name(host: str) -> None:
    with pytest.raises(UnfitText, match="use a bare name"):
        replace(SV, host=host)


def test_a_demo_on_the_loopback_has_links_that_open() -> None:
    assert replace(SV, host="http://127.0.0.1:8080").link("k7Q2xM") == "http://127.0.0.1:8080/u/k7Q2xM"


def test_a_number_to_call_is_a_number() -> None:
    with pytest.raises(UnfitText, match="number 'jouren'"):
        replace(SV, number="jouren")


# ---- a town's own words ----


def test_a_town_can_replace_a_term() -> None:
    own = replace(SV, replaced={Wording.STOOD_DOWN: "Uppdrag {case} är avblåst."})
    assert own.say(Wording.STOOD_DOWN, FACTS) == "Uppdrag 4821 är avblåst."
    assert own.say(Wording.TAKEN, FACTS) == SV.say(Wording.TAKEN, FACTS)


@pytest.mark.parametrize(
    ("template", "says"),
    [("Hej {name}", "no such field as name"), ("{case} – klart", "2013"), ("x" * 161, "161 septets")],
)
def test_a_town_s_words_are_tried_when_they_are_set(template: str, says: str) -> None:
    with pytest.raises(UnfitText, match=says):
        replace(SV, replaced={Wording.STOOD_DOWN: template})


def test_a_town_s_words_are_first_measured_without_facts() -> None:
    own = replace(SV, replaced={Wording.STOOD_DOWN: "x" * 160 + "{area}"})
    assert any("161 septets" in problem for problem in own.problems(["3"]))


def test_a_town_s_words_are_tried_with_its_longest_area() -> None:
    own = replace(SV, replaced={Wording.STOOD_DOWN: "x" * 157 + "{area}"})
    assert own.problems(["N", "123"]) == ()
    assert any("161 septets" in problem for problem in own.problems(["N", "1234"]))


@pytest.mark.parametrize(
    ("texts", "low", "high"),
    [
        (SV, "noll ett två tre fyra", "fem sex sju åtta nio"),
        (EN, "zero one two three four", "five six seven eight nine"),
    ],
    ids=["sv", "en"],
)
def test_a_call_says_each_digit_by_its_word(texts: Texts, low: str, high: str) -> None:
    assert f" {high}. " in texts.say(Wording.VOICE_CALL_OUT, replace(FACTS, case_no=56789))
    assert f" {low.partition(' ')[2]} {low.partition(' ')[0]}. " in texts.say(
        Wording.VOICE_CALL_OUT, replace(FACTS, case_no=12340)
    )


def test_the_town_is_named_beside_the_area_as_far_as_it_fits() -> None:
    named = replace(SV, town="Storumans kommun")
    said = named.say(Wording.CALL_OUT, FACTS)
    assert said == (
        "Larm 4821 PRIO 1 omr 3 Storumans kommun. Framme senast 02:59. Svara 1=tar 2=kan inte. https://natt.kommun.se/u/k7Q2xM"
    )
    assert ". Område tre Storumans kommun. " in named.say(Wording.VOICE_CALL_OUT, FACTS)
    for texts, name in itertools.product((SV, EN), ("Storumans kommun", "Hattfjelldal og Šumava")):
        for text in SENT:
            plain, said = texts.say(text, FACTS), replace(texts, town=name).say(text, FACTS)
            assert gsm7.septet_count(said) <= gsm7.SEGMENT_SEPTETS
            assert said == plain or f" {FACTS.area} {name[:3]}" in said, text


def test_each_text_stays_as_carers_know_it() -> None:
    kept = json.loads((Path(__file__).parent / "golden" / "sms_texts.json").read_text(encoding="utf-8"))
    assert {language: dict(words) for language, words in WORDS.items()} == kept, "change the golden file with the text"
