"""Sentences that code chooses: refusals, why there is no picture, the night's checks, notes on a case.

All still to be translated. Fixed text of a page stands in its template.
"""

from collections.abc import Mapping
from typing import Final

from alarm_center.words.catalogues import mark as _

SERVICE: Final = "Fjärrtillsyn"
"""The service's name in an app, a passkey and on paper; a name is not translated."""

# ---- any page ----
SIGN_IN_AGAIN: Final = _("Logga in igen")
ROLE_LACKS_PAGE: Final = _("Du har inte behörighet.")
PAGE_TOO_OLD: Final = _("Sidan var för gammal. Ladda om den och försök igen.")
TOO_MANY_TRIES: Final = _("För många försök. Vänta fem minuter.")
OLD_PASSWORD_WRONG: Final = _("Det är inte ditt nuvarande lösenord.")
WAIT_BEFORE_NEXT_TRY: Final = _("För många försök. Vänta %(minutes)s min.")
TOO_MANY_AT_ONCE: Final = _("Många försöker just nu. Försök igen om en stund.")
PROVIDER_REQUEST_OVER: Final = _("Inloggningen har gått ut, eller började i en annan webbläsare. Börja om.")
PROVIDER_CANCELLED: Final = _("Inloggningen avbröts.")
PROVIDER_AWAY: Final = _("%(provider)s svarar inte. Försök igen, eller logga in på ett annat sätt.")
PROVIDER_TOO_WEAK: Final = _("Inloggningen var inte säker nog. Logga in med en e-legitimation på den nivå som krävs.")
PROVIDER_NO_ACCOUNT: Final = _("Du har inget konto här. Be den som ger behörigheter i kommunen.")
PROVIDER_NO_ASSIGNMENT: Final = _("Inget av dina uppdrag ger behörighet här. Be den som ger behörigheter i kommunen.")
PROVIDER_UNTRUSTED: Final = _("Svaret från %(provider)s går inte att lita på. Ingen är inloggad. Börja om.")
SIGN_IN_WRONG: Final = _("Det stämmer inte. Kontrollera namn och lösenord.")
CODE_WRONG: Final = _("Koden stämmer inte, eller är redan använd. Vänta på nästa kod i appen.")
CODE_NOT_OF_KEY: Final = _(
    "Koden stämmer inte med nyckeln. Kontrollera att telefonens klocka går rätt, och skriv nästa kod."
)
TOO_MANY_CODES: Final = _("För många fel koder. Vänta fem minuter, eller använd en passkey om du har en.")
PASSKEY_REFUSED: Final = _("Det gick inte att använda den passkeyn här. Försök igen.")
SHOW_FACTOR_FIRST: Final = _("Visa först att det är du")
LAST_FACTOR: Final = _("Den är borta redan, eller är den sista. Lägg till en annan först.")
SEALED_WRONG: Final = _("Halvorna stämmer inte, eller är redan använda. Kontrollera båda.")
SEALED_NAMES: Final = _("Skriv båda namnen. Det ska vara två personer.")
CHANGED_MEANWHILE: Final = _("Det har hunnit ändras. Se listan igen.")
FASTER: Final = _("%(name)s hann före.")
LOCKED: Final = _("Det är upptaget just nu, och inget har ändrats. Försök igen om några sekunder.")
NOT_FOUND: Final = _("Det finns inte, eller är inte ditt att se.")
UNREADABLE: Final = _("Det gick inte att läsa. Försök igen.")
OUR_FAULT: Final = _("Något gick fel hos oss. Felnummer %(number)s.")

# ---- a shared desk ----
COVERED: Final = _("Skärmen är täckt. Skriv din kod först.")
HOME_OF: Final = _("%(number)s (omr %(area)s)")
COVERED_NAME: Final = _("Dolt")
SO_MANY_TOWNS: Final = _("%(count)s kommuner")
PIN_WRONG: Final = _("Fel kod. %(left)s försök kvar, sedan loggar du in på nytt.")
PIN_UNFIT: Final = _("Välj fyra till åtta siffror som inte är lätta att gissa, inte 1234 eller ett årtal.")

# ---- the board and a case ----
CHOOSE_REASON: Final = _("Välj skäl")
CHOOSE_OUTCOME: Final = _("Välj utfall")
NOBODY_FOUND: Final = _("Ingen är hittad. Skriv i anteckningen varför ärendet ändå är slut.")
WRITE_WHAT_HAPPENED: Final = _("Skriv vad som hände")
CHOOSE_ANSWER: Final = _("Välj ett av de fyra svaren")
SECTIONS: Final[Mapping[str, str]] = {
    "red": _("Ingen patrull har svarat"),
    "p1": _("Prio 1"),
    "p2": _("Prio 2"),
    "look": _("Att bedöma"),
    "p3": _("Teknik och prio 3"),
    "visit": _("Besök inom 30 min"),
    "training": _("Övning: inga riktiga personer"),
}
"""Headings of the queue's sections; the visits that are due later are folded under their number."""
LOOK_FIRST: Final = _("Titta på bilden först")
JUDGE_YOURSELF: Final = _("Bedöm bilden utan automatisk tolkning")
READING: Final = _("Automatisk tolkning: %(reading)s")
WORD_AFTER_ANSWER: Final = _("Visas när du har svarat.")
LOOK_AT_CHECK: Final = _("Tillsyn att bedöma %(time)s")
PROTECTED: Final = _("Skyddade uppgifter")
PROTECTED_NUMBER: Final = _("Skyddad, nr %(number)s")
YOU: Final = _("du")
AND_MORE: Final = _("och %(count)s till")
DISRUPTION_OF_AREA: Final = _("Ser ut som en störning i omr %(area)s – visa som lista")
DISRUPTION_OF_TOWN: Final = _("Ser ut som en störning i %(town)s – visa som lista")
SEVERAL: Final = _("Flera")
SOMEBODY_ELSE: Final = _("någon annan")
NAME_IS_LOOKING: Final = _("%(name)s tittar redan.")
OTHER_IS_LOOKING: Final = _("Någon annan tittar redan.")

# ---- why there is no picture ----
ALARM_CLOSED: Final = _("Larmet är avslutat. Bilden är borta.")
CHECK_ENDED: Final = _("Tillsynen är klar. Bilden är borta.")
HOLDER_ONLY: Final = _("Bara den som har larmet ser bilden.")
NOTHING_CAME: Final = _("Inget har kommit från utrustningen.")
LOOK_NOW: Final = _("Titta nu")
NO_CAMERA: Final = _("Det finns ingen kamera hos personen.")
NOT_LOOKED_YET: Final = _("Ingen har tittat än. Se direkt.")
NO_CONSENT: Final = _("Samtycket gäller inte. Bilden visas inte.")
CONSENT_FORBIDS: Final = _("Samtycket tillåter inte att bilden visas.")
CONSENT_FORBIDS_SEND: Final = _("Samtycket tillåter inte att bilden visas. Skicka någon.")
TOO_MANY_PEOPLE: Final = _("Fler personer än väntat – bilden visas inte")
SENSORS_ONLY: Final = _("Ingen bild: utrustningen har sensorer. Se mätvärdena.")
PICTURE_COMING: Final = _("Bilden är på väg från hemmet.")
PICTURE_GONE: Final = _("Bilden finns inte kvar. Titta igen")
PICTURE_UNREADABLE: Final = _("Bilden gick inte att läsa. Titta igen")
CLEAR_NEEDS_REASON: Final = _("Ange skäl för att se klar bild")
LIVE_OVER: Final = _("Direktbilden är slut.")

# ---- the night ----
PLANNED_AT: Final = _("Planerad %(time)s")
CANCELLED_WHY: Final = _("Inställd: %(why)s")
VISIT_INSTEAD: Final = _("ersatt av besök")
ENDED: Final = _("avslutat")
NIGHT_SHAPES: Final[Mapping[str, str]] = {
    "p1": _("Prio 1"),
    "p2": _("Prio 2"),
    "p3": _("Prio 3"),
    "look": _("Väntar på att någon tittar"),
    "waiting": _("Tittar igen"),
    "open": _("Pågår"),
    "planned": _("Planerad"),
    "visit": _("Besök"),
    "cancelled": _("Inställd"),
    "over": _("Avslutat larm"),
    "seen": _("Syns i sängen"),
}
"""Checks that are drawn alike, by the name of their shape."""

# ---- notes that the service writes on a case, in the town's language ----
VISIT_NOT_NEEDED_AT_ALL: Final = _("Besöket behövs inte.")
VISIT_NOT_NEEDED: Final = _("Besöket behövs inte: tillsynen görs som vanligt igen.")

# ---- the carer's link, and the demo's phones ----
LINK_INVALID: Final = _("Länken gäller inte.")
NOT_SENT: Final = _("Inte skickat – försök igen")
NOT_SENT_OUTCOME: Final = _("Inte skickat – välj utfall, och skriv vad som hände")
NOT_SENT_NOT_YOURS: Final = _("Inte skickat – larmet är inte ditt än")
NOT_SENT_CLOSED: Final = _("Inte skickat – larmet är redan avslutat")
CODE_UNKNOWN: Final = _("Koden känns inte igen. Fortsätt ändå, och säg ditt namn när vi ringer.")
TAP_TOO_LATE: Final = _("Inte skickat i tid – larmet är inte ditt. Tar du det nu?")
NO_SUCH_PHONE: Final = _("Ingen sådan telefon")
WRITE_OWN_NUMBER: Final = _("Skriv numret till din egen telefon, som 08-465 004 01.")
