"""Encryption: a value opens in its own place only."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usosapi_mleg.crypto import KeyRing, KeysError, create_keys_file


@pytest.fixture(scope="module")
def keys_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A keys file."""
    path = tmp_path_factory.mktemp("keys") / "keys"
    create_keys_file(path)
    return path


@pytest.fixture(scope="module")
def ring(keys_file: Path) -> KeyRing:
    """The keys in it."""
    return KeyRing.from_file(keys_file)


@given(st.binary(max_size=200), st.text(max_size=40))
def test_what_was_sealed_opens_in_its_place(ring: KeyRing, value: bytes, place: str) -> None:
    assert ring.open(ring.seal(value, place), place) == value


def test_a_text_with_polish_letters_opens_as_it_was(ring: KeyRing) -> None:
    assert ring.open_text(ring.seal("zażółć", "x"), "x") == "zażółć"


def test_a_value_in_another_place_does_not_open(ring: KeyRing) -> None:
    sealed = ring.seal("44051401359", "persons.pesel:1")
    for place in ("persons.pesel:2", "persons.pesel:", "photos.jpeg:1", ""):
        with pytest.raises(KeysError) as caught:
            ring.open(sealed, place)
        assert "44051401359" not in str(caught.value)


def test_the_same_value_is_sealed_differently_each_time(ring: KeyRing) -> None:
    assert len({ring.seal("x", "y") for _ in range(50)}) == 50
    assert b"44051401359" not in ring.seal("44051401359", "x")


@pytest.mark.parametrize("damage", ["empty", "short", "flipped", "other key", "long id", "no key id", "cut"])
def test_a_damaged_value_does_not_open(ring: KeyRing, damage: str) -> None:
    sealed = ring.seal("value", "x")
    damaged = {
        "empty": b"",
        "short": sealed[:3],
        "flipped": sealed[:-1] + bytes([sealed[-1] ^ 1]),
        "other key": b"\x02k9" + sealed[3:],
        "long id": b"\xff" + sealed,
        "no key id": b"\x00" + sealed,
        "cut": sealed[:10],
    }[damage]
    with pytest.raises(KeysError):
        ring.open(damaged, "x")


def test_old_values_open_after_the_active_key_was_changed(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    create_keys_file(path)
    sealed = KeyRing.from_file(path).seal("old", "x")
    other = tmp_path / "other"
    create_keys_file(other)
    new_key = next(line for line in other.read_text().splitlines() if line.startswith("k1 = ")).replace("k1", "k2")
    path.write_text(path.read_text().replace('active = "k1"', 'active = "k2"') + new_key + "\n")
    ring = KeyRing.from_file(path)
    assert ring.open_text(sealed, "x") == "old"
    assert ring.seal("new", "x")[1:3] == b"k2"
    with pytest.raises(KeysError):
        KeyRing.from_file(other).open(ring.seal("new", "x"), "x")


def test_look_up_values_differ_by_purpose_and_by_installation(ring: KeyRing, tmp_path: Path) -> None:
    create_keys_file(tmp_path / "keys")
    other = KeyRing.from_file(tmp_path / "keys")
    found = {ring.index("1", "pesel"), ring.index("1", "csrf"), ring.index("2", "pesel"), other.index("1", "pesel")}
    assert len(found) == 4
    assert ring.index("1", "pesel") == ring.index("1", "pesel")


def test_a_keys_file_is_its_owners_alone_and_never_overwritten(keys_file: Path) -> None:
    assert keys_file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        create_keys_file(keys_file)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "nonsense",
        'active = "k1"',
        'active = "k1"\nindex = "AAAA"\n[keys]\nk1 = "AAAA"\n',
        "active = 1\nindex = 2\nkeys = 3\n",
        "\udcff",
    ],
)
def test_a_keys_file_that_cannot_be_used_is_refused_without_its_content(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(KeysError) as caught:
        KeyRing.from_file(path)
    assert "AAAA" not in str(caught.value)


def test_a_ring_shows_no_keys_when_printed(ring: KeyRing, keys_file: Path) -> None:
    secret = keys_file.read_text().split('index = "')[1].split('"')[0]
    assert secret not in repr(ring)
    assert "index_key" not in repr(ring)
