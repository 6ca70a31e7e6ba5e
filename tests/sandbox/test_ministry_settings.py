"""Settings from the environment, and what needs no running sandbox."""

import re
from pathlib import Path

import pytest

import usosapi_mleg.sandbox
from usosapi_mleg.sandbox.activation import Outcome
from usosapi_mleg.sandbox.outbox import pause_seconds
from usosapi_mleg.sandbox.settings import DEFAULT_HOSTS, SandboxSettings, SandboxSettingsError
from usosapi_mleg.sandbox.store import Store
from usosapi_mleg.sandbox.texts import LANGUAGES, TEXTS, translate

NEEDED = {"SANDBOX_DATA": "data", "SANDBOX_UNIVERSITY_KEY": "key"}
TOLD = {"SANDBOX_CALLBACK_URL": "http://127.0.0.1:1/x", "SANDBOX_CALLBACK_SECRET": "whsec_c2VjcmV0"}


def test_settings_are_read_from_the_environment() -> None:
    settings = SandboxSettings.from_environment({**NEEDED, **TOLD, "SANDBOX_SECURE_COOKIES": "1"})
    assert settings.data == Path("data")
    assert settings.secure_cookies
    assert settings.hosts == DEFAULT_HOSTS
    assert SandboxSettings.from_environment({**NEEDED, "SANDBOX_HOSTS": "a.test, b.test"}).hosts == ("a.test", "b.test")


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    printed = repr(SandboxSettings.from_environment({**NEEDED, **TOLD, "SANDBOX_UNIVERSITY_KEY": "a-secret-key"}))
    assert "a-secret-key" not in printed
    assert "c2VjcmV0" not in printed


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"SANDBOX_UNIVERSITY_KEY": "key"}, "SANDBOX_DATA"),
        ({"SANDBOX_DATA": "data"}, "SANDBOX_UNIVERSITY_KEY"),
        ({**NEEDED, "SANDBOX_SECURE_COOKIES": "maybe"}, "SANDBOX_SECURE_COOKIES"),
        ({**NEEDED, **TOLD, "SANDBOX_CALLBACK_URL": "ftp://x"}, "SANDBOX_CALLBACK_URL"),
        ({**NEEDED, **TOLD, "SANDBOX_CALLBACK_URL": "http:///x"}, "SANDBOX_CALLBACK_URL"),
        ({**NEEDED, **TOLD, "SANDBOX_CALLBACK_URL": "http://a:port/"}, "SANDBOX_CALLBACK_URL"),
        ({**NEEDED, **TOLD, "SANDBOX_CALLBACK_SECRET": ""}, "SANDBOX_CALLBACK_SECRET"),
        ({**NEEDED, **TOLD, "SANDBOX_CALLBACK_SECRET": "whsec_"}, "SANDBOX_CALLBACK_SECRET"),
        ({**NEEDED, **TOLD, "SANDBOX_CALLBACK_SECRET": "plain"}, "SANDBOX_CALLBACK_SECRET"),
        ({**NEEDED, **TOLD, "SANDBOX_CALLBACK_SECRET": "whsec_a"}, "SANDBOX_CALLBACK_SECRET"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(environment: dict[str, str], named: str) -> None:
    with pytest.raises(SandboxSettingsError, match=named):
        SandboxSettings.from_environment(environment)


def test_pauses_between_deliveries_grow_from_half_a_second_to_five_minutes() -> None:
    pauses = [pause_seconds(attempts) for attempts in range(12)]
    assert pauses[:4] == [0.5, 1, 2, 4]
    assert pauses == sorted(pauses)
    assert pauses[-1] == pause_seconds(1000) == 300


def test_every_text_exists_in_both_languages_with_the_same_values() -> None:
    for key, both in TEXTS.items():
        assert len(both) == len(LANGUAGES), key
        assert all(text.strip() for text in both), key
        assert len({frozenset(re.findall(r"{(\w+)}", text)) for text in both}) == 1, key


def test_every_outcome_that_is_shown_has_its_own_message() -> None:
    shown = [outcome for outcome in Outcome if outcome not in {Outcome.ACTIVE, Outcome.USABLE}]
    messages = {translate(f"{outcome}_text", "pl", tries=3, minutes=15) for outcome in shown}
    assert len(messages) == len(shown)


def test_every_text_is_used_and_every_text_used_exists() -> None:
    folder = Path(usosapi_mleg.sandbox.__file__).parent
    templates = "".join(path.read_text() for path in (folder / "templates").iterdir())
    named = set(re.findall(r"""\bt\(["'](\w+)["'][,)]""", templates))
    assert named <= set(TEXTS)
    sources = templates + "".join(path.read_text() for path in folder.glob("*.py") if "texts" not in path.name)
    built = r"error_.*|state_.*|status_.*|.*_text"
    unused = {key for key in TEXTS if not re.search(rf"\b{key}\b", sources) and not re.fullmatch(built, key)}
    assert unused == set()


def test_data_of_a_newer_program_are_not_touched(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.writing() as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(RuntimeError, match="schema 99"):
        Store(tmp_path)


def test_the_data_can_be_read_by_their_owner_only(tmp_path: Path) -> None:
    Store(tmp_path / "data")
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "data").iterdir())
