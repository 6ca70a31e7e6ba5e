"""The scopes that a person can allow an app: USOS API's own keys and the three of this module.

Keys of functions that this installation does not offer are known too, because apps ask for a fixed list of scopes everywhere;
allowing them here allows nothing.
"""

from dataclasses import dataclass
from enum import StrEnum

from usosapi_mleg.domain.text import Text


class Risk(StrEnum):
    """How much an app can do with a scope, as USOS colours its consent page."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Scope:
    """One permission in words that a person understands; `offered` tells whether it does anything here."""

    key: str
    risk: Risk
    text: Text
    offered: bool = False


MLEGITYMACJA = "mlegitymacja"
MLEGITYMACJA_ORDER = "mlegitymacja_order"
MLEGITYMACJA_ACTIVATION = "mlegitymacja_activation"
OFFLINE_ACCESS = "offline_access"

_OFFERED = (
    Scope(
        MLEGITYMACJA,
        Risk.GREEN,
        Text(
            "sprawdzać stan zamówienia i datę ważności mLegitymacji",
            "check the state of your mLegitymacja and its validity",
        ),
        offered=True,
    ),
    Scope(
        MLEGITYMACJA_ORDER,
        Risk.YELLOW,
        Text("zamawiać i anulować mLegitymację w Twoim imieniu", "order and cancel the mLegitymacja in your name"),
        offered=True,
    ),
    Scope(
        MLEGITYMACJA_ACTIVATION,
        Risk.RED,
        Text(
            "zobaczyć kod QR i kod aktywacyjny, którymi można dodać Twoją mLegitymację do telefonu",
            "see the QR code and the activation code with which your mLegitymacja can be added to a phone",
        ),
        offered=True,
    ),
    Scope(
        "cards",
        Risk.RED,
        Text(
            "poznać dane Twoich legitymacji, zamawiać i unieważniać mLegitymację oraz zobaczyć jej kody",
            "read your card data, order and revoke the mLegitymacja and see its codes",
        ),
        offered=True,
    ),
    Scope("email", Risk.GREEN, Text("poznać Twój adres e-mail", "read your e-mail address"), offered=True),
    Scope("events", Risk.YELLOW, Text("dostawać powiadomienia o zmianach", "be notified of changes"), offered=True),
    Scope(
        OFFLINE_ACCESS,
        Risk.YELLOW,
        Text("korzystać z tych uprawnień także wtedy, gdy Cię nie ma", "use these permissions also while you are away"),
        offered=True,
    ),
    Scope(
        "personal",
        Risk.RED,
        Text("poznać Twój numer PESEL i datę urodzenia", "read your PESEL number and date of birth"),
        offered=True,
    ),
    Scope("photo", Risk.GREEN, Text("zobaczyć Twoje zdjęcie", "see your photo"), offered=True),
    Scope("studies", Risk.GREEN, Text("poznać Twoje kierunki studiów", "read your programmes of study"), offered=True),
)
_ELSEWHERE = {
    Risk.GREEN: {
        "crstests": Text("sprawdziany i ich wyniki", "course tests and their results"),
        "grades": Text("oceny", "grades"),
        "placement_tests": Text("wyniki testów kwalifikacyjnych", "placement test results"),
        "student_exams": Text("egzaminy", "exams"),
    },
    Risk.YELLOW: {
        "adm_documents": Text("pisma administracyjne", "administrative documents"),
        "mailclient": Text("wysyłanie wiadomości", "sending messages"),
        "mobile_numbers": Text("numery telefonów", "mobile phone numbers"),
        "other_emails": Text("adresy e-mail innych osób", "other people's e-mail addresses"),
        "slips": Text("obiegówki", "clearance slips"),
        "staff_perspective": Text("widok pracownika", "the staff view"),
    },
    Risk.RED: {
        "change_all_preferences": Text("zmiana preferencji", "changing preferences"),
        "dorm_admin": Text("administracja akademików", "dormitory administration"),
        "edit_user_attrs": Text("zmiana danych w profilu", "editing the profile"),
        "grades_write": Text("wpisywanie ocen", "entering grades"),
        "payments": Text("płatności", "payments"),
        "session_debugging_perms": Text("śledzenie sesji", "session debugging"),
        "slips_admin": Text("szablony obiegówek", "clearance slip templates"),
        "student_exams_write": Text("zapisy na egzaminy", "registering for exams"),
        "surveys_filling": Text("wypełnianie ankiet", "filling in surveys"),
        "surveys_reports": Text("raporty z ankiet", "survey reports"),
        "theses_protocols_write": Text("protokoły egzaminów dyplomowych", "diploma exam protocols"),
    },
}

SCOPES: dict[str, Scope] = {
    scope.key: scope
    for scope in (
        *_OFFERED,
        *(Scope(key, risk, text) for risk, texts in _ELSEWHERE.items() for key, text in texts.items()),
    )
}
"""Every scope key that may be asked for."""
