"""Sentences about a town's file: each says what is wrong and what to write, and is put into words when it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from schemas.vocabulary import ImportAction


@dataclass(frozen=True, slots=True, order=True)
class TownSentence:
    """A sentence with its values, in no language yet."""

    text: str
    values: tuple[tuple[str, str], ...] = ()

    def words(self, speech: Speech) -> str:
        """Return the sentence in the language of *speech*."""
        return speech(self.text, **dict(self.values))


def sentence(text: str, **values: object) -> TownSentence:
    """Return the sentence *text* of this module with its *values*, each at most 80 characters long."""
    return TownSentence(text, tuple((name, f"{value!s:.80}") for name, value in values.items()))


# ---- a line of the report ----

AT_PLACE: Final = _("rad %(line)s: %(path)s: %(words)s")
AT_LINE: Final = _("rad %(line)s: %(words)s")
NOTE: Final = _("obs, %(words)s")

# ---- the file as text ----

FILE_TOO_LONG: Final = _("%(count)s tecken; högst %(most)s")
NOT_UTF8: Final = _("tecknet %(code)s är ingen bokstav; spara filen som UTF-8")
SPREADSHEET: Final = _("filen är ett kalkylblad; spara det som CSV, och ta in det med `fjarrtillsyn import-csv`")
GARBLED: Final = _("”%(found)s” har blivit fel när filen sparades; skriv bokstaven igen och spara filen som UTF-8")

# ---- lines that cannot be read ----

QUOTE_MISSING: Final = _("ett citattecken saknas; skriv %(example)s")
QUOTE_TOO_MANY: Final = _("mer står efter värdet; skriv ett värde, text inom två citattecken: %(example)s")
CURLY_QUOTES: Final = _("skriv raka citattecken: %(example)s")
TEXT_IN_QUOTES: Final = _("skriv text inom citattecken: %(example)s")
TIME_IN_QUOTES: Final = _('skriv tiden inom citattecken: "%(value)s"')
DATE_FORM: Final = _("skriv datumet som år-månad-dag: %(example)s")
NO_SUCH_DAY: Final = _("%(value)s finns inte i almanackan; skriv datumet som 2026-09-15")
DECIMAL_POINT: Final = _("skriv decimaltal med punkt: %(example)s")
TRUE_OR_FALSE: Final = _("skriv true (ja) eller false (nej)")
COMMENT_MARK: Final = _("en kommentar börjar med #: %(example)s")
MARK_AT_END: Final = _("ta bort %(mark)s i slutet: %(example)s")
COMMA_MISSING: Final = _("ett kommatecken saknas mellan värdena: %(example)s")
ONE_LINE: Final = _("en tabell inom { } skrivs på en enda rad, med } sist: %(example)s")
EQUALS_MISSING: Final = _("skriv ett likhetstecken mellan namn och värde: %(example)s")
KEY_LETTERS: Final = _("ett namn före likhetstecknet skrivs med a–z, siffror, - och _, utan mellanslag")
VALUE_MISSING: Final = _("efter likhetstecknet saknas ett värde; skriv ett, eller ta bort raden")
KEY_TWICE: Final = _("%(key)s står två gånger i samma tabell; ta bort den ena raden")
TABLE_TWICE: Final = _("%(table)s står två gånger; slå ihop dem, eller skriv [[%(name)s]] om det är flera")
LEFT_OPEN: Final = _("det som öppnas här avslutas aldrig; skriv %(mark)s sist")
BRACKETS: Final = _("skriv tabellens namn inom hakparenteser: %(example)s")
BACKSLASH: Final = _("ett omvänt snedstreck skrivs två gånger: \\\\")
ODD_CHARACTER: Final = _("ett tecken som inte syns (%(code)s) står här; ta bort det")
LINE_UNREADABLE: Final = _("raden kan inte läsas; skriv namn = värde, med text inom citattecken")
TOO_DEEP: Final = _("listor i listor, för djupt")

# ---- single fields ----

MISSING: Final = _("saknas; skriv %(example)s")
UNKNOWN_KEY: Final = _("är inget ord i den här filen; felstavat?")
NEAR_KEY: Final = _("är inget ord i den här filen; menar du %(near)s?")
MOVE_UP: Final = _("%(key)s hör till %(outer)s: flytta raden upp, ovanför %(inner)s")
NO_PASSWORD: Final = _(
    "i filen står inga lösenord; ta bort raden: importen bjuder in personen, och visar länken en gång"
)
KILOMETRES: Final = _(
    "visit_km och visit_km_set hör ihop: skriv båda, kilometer per besök och månaden då kommunen sa det"
)
WHOLE_NUMBER: Final = _("skriv ett heltal, utan citattecken: %(example)s")
NUMBER: Final = _("skriv ett tal, med punkt för decimaler: %(example)s")
FROM_TO: Final = _("skriv ett tal från %(least)s till %(most)s")
AT_LEAST: Final = _("skriv %(least)s eller mer")
AT_MOST: Final = _("skriv högst %(most)s")
RISK: Final = _("skriv 1, 2 eller 3; 1 är högst")
FRACTION: Final = _("skriv bråkdelar från 0 till 1: mitt i bilden är 0.5")
POINT: Final = _("en punkt är två bråkdelar av bilden: [0.20, 0.35]")
LIST: Final = _("skriv en lista inom hakparenteser: %(example)s")
DOUBLE_BRACKETS: Final = _("det kan finnas flera: skriv [[%(name)s]], med dubbla hakparenteser")
TABLE: Final = _("är en tabell; skriv %(example)s")
TOO_FEW: Final = _("skriv minst %(least)s")
TOO_MANY: Final = _("skriv högst %(most)s")
TEXT_TOO_LONG: Final = _("högst %(most)s tecken; här är det %(count)s")
TEXT_EMPTY: Final = _("får inte vara tomt; skriv text, eller ta bort raden")
ONE_OF: Final = _("skriv något av: %(words)s")
ZONE_NAME: Final = _("en zons namn börjar med %(words)s och skrivs med a–z, siffror, - och _: bed_left")
AREA_CODE: Final = _("1–4 siffror eller versaler, för koden går ut i SMS: 3")
SHORT_NAME: Final = _("skriv med små a–z, siffror, - och _, högst 63 tecken: vik-d1")
HOST: Final = _("skriv bara värdnamnet, utan https:// och utan snedstreck: natt.vik.example")
LOGIN: Final = _("skriv inloggningsnamnet med små a–z, siffror, punkt, - eller @, högst 63 tecken")
PERFORMER_CODE: Final = _("skriv koden med små a–z, siffror och -, högst 31 tecken: alfa")
COUNTRY: Final = _("skriv landets två bokstäver: SE")
UNFIT: Final = _("har inte rätt form; skriv den som i docs/town.example.toml")

NO_TIME: Final = _('%(value)s är ingen tid på dygnet; skriv en från "00:00" till "23:59"')
DAYS_NEEDED: Final = _("skriv en lista med en eller flera av %(days)s")
NO_DAY: Final = _("%(value)s är ingen dag; skriv %(days)s (eller %(swedish)s)")
DAY_TWICE: Final = _("en dag står två gånger")
NO_PHONE: Final = _("%(value)s är inget telefonnummer; skriv +46701740605 eller 070-174 06 05")
IMPOSSIBLE_PHONE: Final = _(
    "%(value)s är ett telefonnummer som inte kan finnas i %(country)s; skriv hela numret: +46701740605"
)
FIXED_LINE: Final = _("%(value)s är en fast telefon: inget SMS når den; skriv ett mobilnummer")
TAKES_NO_SMS: Final = _("%(value)s tar inte emot SMS; skriv ett mobilnummer")
SENDS_NO_SMS: Final = _("från %(value)s går inga SMS, och svar når det inte; skriv ett mobilnummer")
NO_ZONE: Final = _("%(value)s är ingen tidszon; skriv Europe/Stockholm")
TOWN_CARE_CODE: Final = _('"%(code)s" är kommunens egen omsorg; ta en annan kod')
ALLOWS_NOT_LIMITED: Final = _('allows hör till state = "limited"; ett samtycke som är %(state)s har ingen lista')
ALLOWS_EVERYTHING: Final = _('allows tillåter allt: det är state = "given"')
ALLOWS_NO_PICTURES: Final = _('allows har "shown_to_people" utan "camera": bara en kamera har bilder som kan visas')

# ---- between the parts of a file ----

NAME_TAKEN: Final = _("%(name)s är upptaget av fjt självt; ta ett annat")
AREA_TWICE: Final = _("området %(value)s står två gånger")
PERFORMER_TWICE: Final = _("utföraren %(value)s står två gånger")
POSITION_TWICE: Final = _("ställningstagandet %(value)s står två gånger")
LOGIN_TWICE: Final = _("inloggningsnamnet %(value)s står två gånger")
CARER_TWICE: Final = _("personalen %(value)s står två gånger")
NUMBER_TWICE: Final = _("brukare nummer %(value)s står två gånger")
PHONE_TWICE: Final = _("telefonnumret %(value)s står två gånger")
DEVICE_TWICE: Final = _("utrustningen %(value)s står två gånger; den är redan hos brukare [%(owner)s]")
KIND_TWICE: Final = _("brukaren har redan utrustning av sorten %(value)s")
DECISION_TWICE: Final = _("beslutet %(value)s står två gånger; det är redan brukare [%(owner)s]:s")
NO_AREA: Final = _("i filen finns inget område med code = %(value)s")
NO_PERFORMER: Final = _("i filen finns ingen utförare med code = %(value)s")
NO_POSITION: Final = _("i filen finns inget ställningstagande ([[legal_positions]]) med code = %(value)s")
NO_CARER: Final = _("i filen finns ingen personal med name = %(value)s")
NO_USER: Final = _("i filen finns ingen användare med login = %(value)s")
OWN_CARE_UNSAID: Final = _("ta bort raden: utan utförare har brukaren kommunens egen omsorg")
PERFORMER_LOST: Final = _(
    "%(code)s saknas, och brukare har den (%(numbers)s); behåll den, eller ge dem en annan utförare"
)

PLAN_NUMBER: Final = _("%(value)s: skriv ett tal, 0 eller mer")
PLAN_SPAN: Final = _("%(value)s: skriv från %(least)s till %(most)s")
PLAN_COUNT: Final = _("%(value)s: skriv ett heltal från 0 till 10")
PLAN_SEEN: Final = _("bara in_bed leder till seen, och den leder inte till något annat")
PLAN_UNKNOWN: Final = _("ingen sådan inställning; tider slutar med _minutes eller _seconds")
PLAN_FORM: Final = _("har inte den form som en plan har; skriv %(example)s")

DECISION_OVER: Final = _("beslutet slutade %(day)s; förnya det, eller ta bort tiderna")
TRIAL_OVER: Final = _(
    'provperioden slutade %(day)s; skriv after_trial = "goes_on" eller "visits", eller ta bort tiderna'
)
NOT_AUTOMATIC: Final = _('%(consent)s säger automatic = false: skriv green_by = "operator"')
NO_DEVICE: Final = _("brukaren har ingen utrustning att titta med; lägg till en, eller skriv by_visit = true")
CONSENT_MISSING: Final = _("saknas: ingen titt utan brukarens samtycke")
OTHER_CONSENT_MISSING: Final = _("saknas: ingen titt utan samtycke av den som bor med")
INSTEAD_MISSING: Final = _('saknas: skriv vad som kommer i tittarnas ställe, "visit" eller "nothing"')
LETS_NOTHING_LOOK: Final = _(
    "låter ingen utrustning hos brukaren titta (%(kinds)s); lägg till en som tillåts, eller skriv by_visit = true"
)
COHABITANT_MISSING: Final = _("saknas: det finns ett samtycke av den som bor med")
DECISION_MISSING: Final = _("saknas: tider behöver ett beslut")
NOT_SIGNED: Final = _("en planerare skriver under innan det blir grönt av sig självt: signed_by och signed_on")
SLEEPS_WITHOUT: Final = _("saknas: cohabitant_sleeps säger var den som bor med sover")
SLEEPS_MISSING: Final = _(
    "saknas: någon bor med, och utrustningen %(device)s väntar sig 1 person; skriv %(elsewhere)s, "
    "eller expected_people = 2 i dess profil"
)
ONE_EXPECTED: Final = _(
    "är 1, men den som bor med sover där utrustningen ser (%(sleeps)s); skriv 2, eller %(elsewhere)s"
)
BED_OWN: Final = _("är brukarens eget nummer: skriv den andres")
BED_UNKNOWN: Final = _("det finns ingen brukare med nummer %(value)s: skriv numret på den som delar säng med brukaren")
BED_OF_THREE: Final = _(
    "två delar en säng, högst: brukare %(value)s eller den här delar säng med någon annan redan; ta bort det ena"
)
BED_APART: Final = _(
    "brukare %(value)s har ett annat område eller en annan utförare; de som delar säng har samma, skriv det hos båda"
)
BED_COHABITANT: Final = _(
    "den som bor med är brukare %(value)s: ta bort cohabitant hos båda, var och en har sitt eget samtycke"
)
BED_TWO_DEVICES: Final = _("båda har utrustning av samma sort; en räcker för två (brukare %(value)s): ta bort den ena")
BED_EXPECTED: Final = _("räknas ut: två när båda är hemma, annars en; ta bort expected_people ur utrustningens profil")
BEFORE: Final = _("%(last)s är före %(name)s %(first)s")
SLOT_OVERLAPS: Final = _("tiden går in i den klockan %(time)s; lämna %(minutes)s minuter emellan")
SHIFT_EMPTY: Final = _("passet slutar när det börjar; skriv en annan tid")
WEEK_NEEDED: Final = _("skriv en dag i den första veckan, eftersom passet inte är varje vecka")
SHIFT_OVERLAPS: Final = _("%(carer)s är i tjänst då redan (%(time)s)")

# ---- said, and let through ----

MACHINE_NUMBER: Final = _("%(value)s är ett nummer för maskiner (13 siffror); kontrollera att det stämmer")
ROOM_UNKNOWN: Final = _(
    "%(device)s känner inte rummet (ingen signature): en person tittar på varje tillsyn, fast planen säger green_by = detector"
)
PATROL_UNSAID: Final = _(
    '"%(label)s" står inte i SMS; där står bara namn som "Patrull 3": bokstäver, mellanslag, siffror'
)
PATROL_LONG: Final = _('"%(label)s" är långt för skärmen; skriv högst %(most)s tecken')

# ---- what an import changes ----

CHANGE: Final = _("%(thing)s %(name)s: %(action)s")
CHANGE_WITH_DETAIL: Final = _("%(thing)s %(name)s: %(action)s (%(detail)s)")
THINGS: Final[Mapping[str, str]] = {
    "organisation": _("kommunen"),
    "area": _("området"),
    "performer": _("utföraren"),
    "legal position": _("rättsliga bedömningen"),
    "user": _("användaren"),
    "carer": _("personalen"),
    "shift": _("passet"),
    "resident": _("brukaren"),
    "consent": _("samtycket"),
    "decision": _("beslutet"),
    "plan": _("planen"),
    "device": _("utrustningen"),
    "slot": _("tiden"),
}
ACTIONS: Final[Mapping[ImportAction, str]] = {
    ImportAction.ADDED: _("läggs till"),
    ImportAction.CHANGED: _("ändras"),
    ImportAction.ENDED: _("avslutas"),
    ImportAction.LEFT: _("lämnas som det är"),
}
NOT_IN_FILE: Final = _("står inte i filen")
NUMBER_OF_PAGE: Final = _("numret är bytt på en sida till %(page)s och får vara så; i filen står %(file)s")
NAME_OF_PAGE: Final = _("namnet är bytt på en sida till %(page)s och får vara så; i filen står %(file)s")
AREA_RENAMED: Final = _("har bytt kod på en sida till %(code)s och får vara så")
AREA_MERGED: Final = _(
    "är ihopslaget på en sida med %(code)s och får vara så; den som står i det i filen hör till %(code)s"
)
AREA_STAYS_CLOSED: Final = _("är stängt på en sida och får vara så")
AREA_CLOSED: Final = _(
    "område %(code)s är stängt på en sida; öppna det på sidan Områden, eller skriv ett annat område i filen"
)
STILL_SIGNS_IN: Final = _("står inte i filen, och kan fortfarande logga in; avsluta på sidan Personal")
INVITED: Final = _("bjuds in")
INVITATION_OLD: Final = _("inbjudan är för gammal; `fjarrtillsyn user invite` gör en ny länk")
MEMBERSHIP_OVER: Final = _("är avslutad")
ONLY_ADMIN: Final = _("ingen annan vore administratör")
NOT_CHANGED: Final = _("kunde inte ändras nu; försök igen")
NIGHTS: Final = _("%(count)s pass")
FROM_NIGHT: Final = _("från %(night)s")
CONSENT_WITHDRAWN_SINCE: Final = _("återkallat efter %(day)s; ett nytt samtycke har ett senare given_on")
NO_INSTEAD: Final = _("ett nej, i stället %(instead)s")
REVOKED_INSTEAD: Final = _("återkallas, i stället %(instead)s")
TAKEN_FROM: Final = _("tas från brukare %(number)s")
TAKEN_FROM_UNNAMED: Final = _("tas från en brukare som inte står i filen")
KEPT_WITH: Final = _(
    "sitter hos brukare %(number)s, som har ett beslut som gäller; ingen fil tar den därifrån: byt den eller ta ner den på brukarens sida"
)
KEPT_WITH_UNNAMED: Final = _(
    "sitter hos en brukare som inte står i filen och som har ett beslut som gäller; ingen fil tar den därifrån: byt den eller ta ner den på brukarens sida"
)
WOULD_CHANGE: Final = _("%(count)s ändringar skulle göras; inget är ändrat")
HAS_CHANGED: Final = _("%(count)s ändringar gjorda, %(checks)s tillsyner planerade")
BROKEN_OFF: Final = _("avbröts efter %(done)s av %(everybody)s brukare; kör samma kommando igen, så fortsätter det")
LINKS: Final = _("ge var och en sin egen länk; den gäller i sju dagar, en gång, och visas inte igen:")

# ---- a town's file as it is written ----

EXPORT_HEAD: Final = _(
    "Kommunen som den är i databasen. `fjarrtillsyn import` tar tillbaka filen; lägg undan den där bara ni kommer åt den."
)
EXPORT_STATE: Final = _(
    "Så var det när filen skrevs. Ändra inget härifrån: importen ser på det vad någon har ändrat sedan dess."
)
UNDOES: Final = _(
    '%(part)s har ändrats sedan filen skrevs, och filen skulle ändra tillbaka; är det meningen: --undo "%(part)s"'
)
UNDOES_CHANGE: Final = _(
    '%(part)s ändrades %(time)s av %(who)s, efter att filen skrevs, och filen skulle ändra tillbaka; är det meningen: --undo "%(part)s"'
)

# ---- tables from Excel ----

UNKNOWN_HEADING: Final = _(
    "är ingen rubrik som kan läsas; ta bort kolumnen, eller skriv en av rubrikerna som står där filen tas in"
)
NEAR_HEADING: Final = _("är ingen rubrik som kan läsas; menar du %(near)s?")
NUMBER_HEADING: Final = _("kolumnen nummer saknas; den säger vilken brukare raden gäller")
MORE_CELLS: Final = _("raden har fler celler än de %(count)s rubrikerna; sätt citattecken om text med semikolon")
NO_AREA_IN_TOWN: Final = _("%(value)s är inget av kommunens områden; skriv områdets kod")
NO_PERFORMER_IN_TOWN: Final = _("%(value)s är ingen av kommunens utförare; skriv utförarens kod, eller lämna rutan tom")
COMPARED: Final = _("%(count)s beslut jämförda; %(differing)s skiljer")
RECORD_HEADING: Final = _("kolumnen saknas; tabellen behöver beslut, nummer och från")
CELL_MISSING: Final = _("rutan är tom; skriv till exempel %(example)s")
REFERENCE_TWICE: Final = _("beslutet %(value)s står två gånger; ta bort den ena raden")
NO_RESIDENT: Final = _("%(number)s är ingen brukare i kommunen; lägg till brukaren först")
