"""What a person is told when nobody was signed in at another system, and what they can do next."""

from dataclasses import dataclass

from usosapi_mleg.domain.text import Text
from usosapi_mleg.oauth.external.problems import Problem


@dataclass(frozen=True, slots=True)
class Told:
    """A page about a problem."""

    status: int
    title: Text
    text: Text
    another_account: bool = False
    """Another account of the other system may help; trying again with the same will not."""


PROBLEMS = {
    Problem.STALE: Told(
        400,
        Text("Zacznij logowanie jeszcze raz", "Please start signing in again"),
        Text(
            "To logowanie trwało zbyt długo, zaczęło się w innej karcie lub przeglądarce albo zostało już użyte. "
            "Nikt nie został zalogowany.",
            "This sign-in took too long, began in another tab or browser, or was used already. Nobody was signed in.",
        ),
    ),
    Problem.DECLINED: Told(
        403,
        Text("Logowanie przerwane", "Signing in was stopped"),
        Text(
            "System logowania nie potwierdził, kim jesteś: logowanie zostało anulowane albo ta usługa nie jest dla Ciebie dostępna.",
            "The sign-in system did not confirm who you are: signing in was cancelled, or this service is not open to you.",
        ),
    ),
    Problem.UNKNOWN_PERSON: Told(
        403,
        Text("Nie znamy jeszcze tego konta", "Your account is not known here yet"),
        Text(
            "Logowanie się udało, ale w tej usłudze nie ma jeszcze konta o tej nazwie. Jeżeli studiujesz od niedawna, spróbuj jutro. "
            "Jeżeli to nie pomoże, napisz do nas i podaj tę nazwę.",
            "You signed in correctly, but this service has no account of this name yet. If you have only just begun your studies, try "
            "tomorrow. If that does not help, write to us and tell us this name.",
        ),
        another_account=True,
    ),
    Problem.NAME_TAKEN: Told(
        403,
        Text("To konto należy do kogoś innego", "This account belongs to somebody else"),
        Text(
            "Konto o tej nazwie jest w tej usłudze związane z inną osobą, która używała tej nazwy wcześniej. "
            "Napisz do nas i podaj tę nazwę: sprawdzimy to.",
            "In this service the account of this name is bound to another person, who had the name before. "
            "Write to us and tell us this name: we will look into it.",
        ),
        another_account=True,
    ),
    Problem.UNAVAILABLE: Told(
        503,
        Text("System logowania nie odpowiada", "The sign-in system does not answer"),
        Text(
            "To system uczelni, w którym się logujesz, a nie ta usługa. Spróbuj ponownie za kilka minut.",
            "It is the system where you sign in, not this service. Try again in a few minutes.",
        ),
    ),
    Problem.NOT_CONFIRMED: Told(
        502,
        Text("Nie udało się potwierdzić logowania", "Your sign-in could not be confirmed"),
        Text(
            "Odpowiedź systemu logowania nie jest taka, jakiej można zaufać, więc nikt nie został zalogowany. "
            "Spróbuj jeszcze raz. Jeżeli to się powtarza, napisz do nas.",
            "The answer of the sign-in system is not one that can be trusted, so nobody was signed in. "
            "Try once more. If it happens again, write to us.",
        ),
    ),
}
