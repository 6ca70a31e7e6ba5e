"""The scopes that people are asked to allow."""

from usosapi_mleg.domain.scopes import MLEGITYMACJA, MLEGITYMACJA_ACTIVATION, SCOPES, Risk


def test_every_scope_is_explained_in_both_languages() -> None:
    for key, scope in SCOPES.items():
        assert scope.key == key
        assert scope.text.pl
        assert scope.text.en
        assert "|" not in key


def test_what_opens_the_codes_or_personal_data_is_shown_in_red() -> None:
    for key in (MLEGITYMACJA_ACTIVATION, "cards", "personal"):
        assert SCOPES[key].risk is Risk.RED
    assert SCOPES[MLEGITYMACJA].risk is Risk.GREEN
