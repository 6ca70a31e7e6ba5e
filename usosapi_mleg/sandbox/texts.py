"""All texts of the simulated phone, Polish and English side by side, and the way to look a text up."""

from usosapi_mleg.sandbox.control_texts import CONTROL_TEXTS

LANGUAGES = ("pl", "en")

PHONE_TEXTS: dict[str, tuple[str, str]] = {
    # Frame
    "app_name": ("Portfel testowy", "Test wallet"),
    "simulated": ("Symulowany telefon – środowisko testowe", "Simulated phone – test environment"),
    "language": ("Język", "Language"),
    "skip": ("Przejdź do treści", "Skip to content"),
    "back": ("Wstecz", "Back"),
    "next": ("Dalej", "Next"),
    "step": ("Krok {n} z 6", "Step {n} of 6"),
    "specimen": ("WZÓR – środowisko testowe", "WZÓR – specimen, test environment"),
    # Start
    "documents": ("Dokumenty", "Documents"),
    "no_documents": ("Nie masz jeszcze żadnego dokumentu", "You have no documents yet"),
    "no_documents_text": (
        "Dodaj mLegitymację. Będą potrzebne kod QR i kod aktywacyjny ze strony Twojej uczelni.",
        "Add your mLegitymacja. You will need the QR code and the activation code from your university’s website.",
    ),
    "add_document": ("Dodaj dokument", "Add a document"),
    "student_card": ("Legitymacja studencka", "Student card"),
    "mlegitymacja": ("mLegitymacja studencka", "mLegitymacja, mobile student card"),
    "status_valid": ("Ważna", "Valid"),
    "status_expired": ("Wygasła", "Expired"),
    "status_revoked": ("Unieważniona", "Invalidated"),
    "until": ("do {day}", "until {day}"),
    # Choice
    "choose_title": ("Jaki dokument chcesz dodać?", "Which document do you want to add?"),
    "school_card": ("Legitymacja szkolna", "School pupil card"),
    "pensioner_card": ("Legitymacja emeryta-rencisty", "Pensioner card"),
    "doctoral_card": ("Legitymacja doktoranta", "Doctoral student card"),
    "not_here": ("Niedostępna w środowisku testowym", "Not available in the test environment"),
    # Description
    "describe_title": ("Jak dodać mLegitymację", "How to add your mLegitymacja"),
    "describe_1": (
        "Zamów mLegitymację na stronie uczelni i poczekaj, aż będzie gotowa.",
        "Order the mLegitymacja on your university’s website and wait until it is ready.",
    ),
    "describe_2": (
        "Zeskanuj kod QR albo przepisz jego treść.",
        "Scan the QR code, or copy its text.",
    ),
    "describe_3": (
        "Wpisz kod aktywacyjny (hasło). Oba kody działają tylko raz.",
        "Enter the activation code (password). Both codes work only once.",
    ),
    "describe_note": (
        "mLegitymacja może być tylko na jednym telefonie.",
        "The mLegitymacja can be on one phone only.",
    ),
    # Terms
    "terms_title": ("Regulamin", "Terms"),
    "terms_intro": (
        "Usługa mLegitymacja studencka w środowisku testowym.",
        "The mobile student card service in the test environment.",
    ),
    "terms_1": (
        "To symulacja. Dodany tu dokument jest wzorem: nie potwierdza tożsamości, statusu studenta ani prawa do ulg.",
        "This is a simulation. A document added here is a specimen: no proof of identity, status or discounts.",
    ),
    "terms_2": (
        "Używaj tylko danych wymyślonych. Dane i zdjęcie trafiają do pliku na tym komputerze i nigdzie indziej.",
        "Use made-up data only. Data and photo go into a file on this computer and nowhere else.",
    ),
    "terms_3": (
        "Nie przedstawiaj wzoru jako prawdziwego dokumentu. Podrabianie dokumentów jest karalne.",
        "Do not present the specimen as a real document. Forging documents is punishable.",
    ),
    "accept": ("Akceptuję", "I accept"),
    # Camera
    "camera_title": ("Zgoda na użycie aparatu", "Use of the camera"),
    "camera_text": (
        "Aparat posłuży tylko do odczytania kodu QR. Przeglądarka może zapytać o zgodę. Obraz nie jest zapisywany.",
        "The camera is used only to read the QR code. The browser may ask for consent. Pictures are not kept.",
    ),
    "without_camera": ("Dalej bez aparatu", "Continue without the camera"),
    # QR code
    "qr_title": ("Kod QR", "QR code"),
    "qr_text": (
        "Skieruj aparat na kod QR ze strony uczelni albo wybierz jeden ze sposobów poniżej.",
        "Point the camera at the QR code on your university’s website, or choose one of the ways below.",
    ),
    "qr_text_plain": (
        "Kod QR znajdziesz na stronie uczelni, przy gotowej mLegitymacji.",
        "You find the QR code on your university’s website, next to the mLegitymacja that is ready.",
    ),
    "camera_starting": ("Uruchamianie aparatu…", "Starting the camera…"),
    "camera_searching": ("Szukam kodu QR…", "Looking for a QR code…"),
    "camera_found": ("Kod QR odczytany.", "QR code read."),
    "camera_failed": (
        "Nie udało się użyć aparatu. Wybierz zdjęcie kodu albo wpisz jego treść.",
        "The camera could not be used. Pick a picture of the code, or type its text.",
    ),
    "type_token": ("Wpisz lub wklej treść kodu", "Type or paste the text of the code"),
    "token_label": ("Treść kodu QR", "Text of the QR code"),
    "token_hint": ("20 znaków w czterech grupach", "20 characters in four groups"),
    "pick_picture": ("Odczytaj ze zdjęcia", "Read from a picture"),
    "picture_label": ("Zdjęcie lub zrzut ekranu z kodem QR", "Photo or screenshot with the QR code"),
    "picture_send": ("Odczytaj kod", "Read the code"),
    "token_missing": ("Wpisz treść kodu QR.", "Enter the text of the QR code."),
    "picture_missing": ("Najpierw wybierz plik ze zdjęciem.", "Pick a picture first."),
    "picture_without_qr": (
        "Na tym zdjęciu nie widać kodu QR. Zrób wyraźniejsze zdjęcie całego kodu albo wpisz jego treść.",
        "No QR code can be seen in this picture. Take a sharper one of the whole code, or type its text.",
    ),
    "picture_too_large": (
        "To zdjęcie jest za duże. Wybierz mniejsze albo zrób zrzut ekranu z samym kodem.",
        "This picture is too large. Pick a smaller one, or take a screenshot of the code alone.",
    ),
    "picture_unreadable": (
        "Tego pliku nie da się odczytać jako zdjęcia. Wybierz plik JPEG, PNG, WebP lub GIF.",
        "This file cannot be read as a picture. Pick a JPEG, PNG, WebP or GIF file.",
    ),
    # Activation code
    "code_title": ("Kod aktywacyjny", "Activation code"),
    "code_text": (
        "Przepisz kod aktywacyjny (hasło) ze strony uczelni. Jest obok kodu QR.",
        "Copy the activation code (password) from your university’s website. It is next to the QR code.",
    ),
    "code_label": ("Kod aktywacyjny (hasło)", "Activation code (password)"),
    "code_hint": ("8 znaków; wielkość liter nie ma znaczenia", "8 characters, capital or small"),
    "code_missing": ("Wpisz kod aktywacyjny.", "Enter the activation code."),
    "activate": ("Aktywuj", "Activate"),
    "other_qr": ("Użyj innego kodu QR", "Use another QR code"),
    # Outcomes of an attempt
    "unknown_token": ("Taka mLegitymacja nie istnieje", "There is no such mLegitymacja"),
    "unknown_token_text": (
        "Sprawdź, czy to cały kod QR i czy pochodzi z Twojego ostatniego zamówienia, i spróbuj jeszcze raz.",
        "Check that it is the whole QR code and that it belongs to your latest order, then try again.",
    ),
    "wrong_code": ("Nieprawidłowy kod aktywacyjny", "Wrong activation code"),
    "wrong_code_text": (
        "Porównaj kod ze stroną uczelni i popraw. Pozostałe próby: {tries}.",
        "Compare the code with your university’s website and correct it. Tries left: {tries}.",
    ),
    "locked": ("Aktywacja jest chwilowo zablokowana", "Activation is locked for a while"),
    "locked_text": (
        "Za dużo błędnych kodów. Spróbuj ponownie za {minutes} min; kod QR i kod aktywacyjny pozostają ważne.",
        "Too many wrong codes. Try again in {minutes} min; the QR code and the activation code stay valid.",
    ),
    "already_here": ("Ta mLegitymacja jest już na tym telefonie", "This mLegitymacja is on this phone already"),
    "already_here_text": (
        "Kody zostały wykorzystane. Dokument znajdziesz na liście dokumentów.",
        "The codes have been used. You find the document in the list of documents.",
    ),
    "on_another_phone": (
        "Te kody zostały już wykorzystane na innym telefonie",
        "These codes have been used on another phone already",
    ),
    "on_another_phone_text": (
        "mLegitymacja działa na jednym telefonie. Aby ją przenieść, na stronie uczelni anuluj obecną i zamów nową.",
        "It can be on one phone only. To move it, cancel the present one on your university’s website and order anew.",
    ),
    "lapsed": ("Kody wygasły", "The codes have lapsed"),
    "lapsed_text": (
        "Kody nie zostały użyte w terminie. Poproś o nowe kody na stronie uczelni.",
        "The codes were not used in time. Ask for new codes on your university’s website.",
    ),
    "revoked": ("Ta mLegitymacja została unieważniona", "This mLegitymacja has been invalidated"),
    "revoked_text": (
        "Na stronie uczelni sprawdź stan zamówienia i w razie potrzeby zamów nową.",
        "See the state of your order on your university’s website and order a new one if you need it.",
    ),
    # Card
    "added": ("mLegitymacja została dodana.", "The mLegitymacja has been added."),
    "photo_alt": ("Zdjęcie posiadacza ze znakiem WZÓR", "Photo of the holder, marked as specimen"),
    "first_names": ("Imię (imiona)", "First names"),
    "last_name": ("Nazwisko", "Last name"),
    "birth_date": ("Data urodzenia", "Date of birth"),
    "pesel": ("PESEL", "PESEL"),
    "age": ("Wiek", "Age"),
    "card_number": ("Numer legitymacji", "Card number"),
    "student_number": ("Numer albumu", "Student number"),
    "issued_on": ("Data wydania", "Date of issue"),
    "valid_until": ("Data ważności", "Valid until"),
    "university": ("Uczelnia", "University"),
    "revoked_card_text": (
        "Uczelnia lub właściciel unieważnili ten dokument. Nowy zamówisz na stronie uczelni.",
        "The university or the holder invalidated this document. You can order a new one on your university’s website.",
    ),
    "expired_card_text": (
        "Ważność tego dokumentu się skończyła. Nowy zamówisz na stronie uczelni.",
        "The validity of this document has ended. You can order a new one on your university’s website.",
    ),
    # Errors
    "to_start": ("Wróć na początek", "Back to the start"),
    "error_400": ("Nie rozumiemy tego żądania", "This request was not understood"),
    "error_400_text": ("Wróć i spróbuj jeszcze raz.", "Go back and try again."),
    "error_403": ("Formularz stracił ważność", "The form is no longer valid"),
    "error_403_text": (
        "Otwórz stronę ponownie i wyślij formularz jeszcze raz. Przeglądarka musi przyjmować pliki cookie.",
        "Open the page again and send the form once more. The browser must accept cookies.",
    ),
    "error_404": ("Nie ma takiej strony", "There is no such page"),
    "error_404_text": (
        "Na tym telefonie nie ma takiego dokumentu ani strony.",
        "There is no such document or page on this phone.",
    ),
    "error_405": ("Tej strony nie można tak otworzyć", "This page cannot be opened in this way"),
    "error_405_text": ("Wróć i spróbuj jeszcze raz.", "Go back and try again."),
    "error_413": ("Plik jest za duży", "The file is too large"),
    "error_413_text": (
        "Wybierz mniejsze zdjęcie (do 16 MB) albo wpisz treść kodu QR.",
        "Pick a smaller picture (up to 16 MB), or type the text of the QR code.",
    ),
    "error_other": ("Coś się nie udało", "Something went wrong"),
    "error_other_text": ("Spróbuj jeszcze raz za chwilę.", "Try again in a moment."),
}

TEXTS = PHONE_TEXTS | CONTROL_TEXTS


def translate(key: str, lang: str, **values: object) -> str:
    """Return the text `key` in `pl` or `en`, with the values put in.

    Raises:
        KeyError: there is no such text, or a value is missing.
    """
    return TEXTS[key][LANGUAGES.index(lang)].format(**values)
