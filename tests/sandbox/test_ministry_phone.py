"""The simulated phone, used through its pages and forms as a browser without JavaScript does."""

import io
import re
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import pytest
import qrcode
from PIL import Image
from running_sandbox import PHOTO_COLOUR, Phone, RunningSandbox, make_photo, new_submission

MakePhone = Callable[..., Phone]


def qr_picture(text: str, picture_format: str = "PNG") -> bytes:
    output = io.BytesIO()
    qrcode.make(text).get_image().convert("RGB").save(output, picture_format)
    return output.getvalue()


def test_the_whole_way_from_the_start_to_the_card(sandbox: RunningSandbox, new_phone: MakePhone) -> None:
    submission = new_submission()
    ready = sandbox.make_ready(submission)
    phone = new_phone()
    assert "Dodaj dokument" in phone.open("/phone/").text
    assert "Legitymacja studencka" in phone.open("/phone/add").text
    assert "Dalej" in phone.open("/phone/add/student").text
    assert "Akceptuję" in phone.open("/phone/add/terms").text
    assert "aparat" in phone.send("/phone/add/terms").text
    assert "Treść kodu QR" in phone.send("/phone/add/camera", camera="yes").text
    assert "Kod aktywacyjny (hasło)" in phone.send("/phone/add/qr", token=ready["token"]).text
    card = unescape(phone.send("/phone/add/code", code=ready["code"]).text)
    person = submission["person"]
    for shown in ("Zofia Łucja", "Żółć-Próbna", person["pesel"], ready["card_number"], "15.04.2003", "Uczelnia Próbna"):
        assert shown in card
    assert "WZÓR – środowisko testowe" in card
    assert re.search(r"<dt>Wiek</dt><dd>2\d</dd>", card)
    [collected] = sandbox.fetch(ready["key"])
    assert collected["state"] == "collected"
    assert collected["collected_at"]
    assert collected["token"] is None
    assert ready["code"] not in sandbox.dump()


def test_codes_may_be_typed_small_and_without_hyphens(sandbox: RunningSandbox, new_phone: MakePhone) -> None:
    ready = sandbox.make_ready()
    phone = new_phone()
    phone.type_token(ready["token"].lower().replace("-", " "))
    assert phone.send("/phone/add/code", code=f" {ready['code'].lower()} ").url.path.startswith("/phone/documents/")


@pytest.mark.parametrize("picture_format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_of_the_qr_code_does_as_well(
    sandbox: RunningSandbox, new_phone: MakePhone, picture_format: str
) -> None:
    ready = sandbox.make_ready()
    phone = new_phone()
    phone.go_to_qr()
    picture = qr_picture(ready["token"], picture_format)
    assert phone.send("/phone/scan", files={"picture": ("code", picture)}).url.path == "/phone/add/code"
    assert ready["card_number"] in phone.send("/phone/add/code", code=ready["code"]).text


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (b"", "Najpierw wybierz plik"),
        (b"no picture", "nie da się odczytać"),
        (qr_picture("X")[:200], "nie da się odczytać"),
        (make_photo(), "nie widać kodu QR"),
    ],
)
def test_a_picture_that_is_of_no_use_says_why(new_phone: MakePhone, picture: bytes, message: str) -> None:
    phone = new_phone()
    phone.go_to_qr()
    page = phone.send("/phone/scan", files={"picture": ("code.png", picture)})
    assert page.status_code == 422
    assert message in page.text


def test_a_picture_with_too_many_pixels_is_not_decoded(new_phone: MakePhone) -> None:
    output = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(output, "PNG")
    phone = new_phone()
    phone.go_to_qr()
    assert "za duże" in phone.send("/phone/scan", files={"picture": ("code.png", output.getvalue())}).text


def test_a_large_photo_is_read_and_one_beyond_the_limit_has_its_own_page(
    sandbox: RunningSandbox, new_phone: MakePhone
) -> None:
    ready = sandbox.make_ready()
    phone = new_phone()
    phone.go_to_qr()
    picture = qr_picture(ready["token"], "JPEG")
    page = phone.send("/phone/scan", files={"picture": ("huge.jpg", picture + bytes(17 * 2**20))})
    assert page.status_code == 413
    assert "Plik jest za duży" in page.text
    phone.open("/phone/add/qr")
    page = phone.send("/phone/scan", files={"picture": ("large.jpg", picture + bytes(9 * 2**20))})
    assert page.url.path == "/phone/add/code"


def test_a_frame_of_the_camera_is_answered_for_the_program(sandbox: RunningSandbox, new_phone: MakePhone) -> None:
    phone = new_phone("en")
    phone.go_to_qr()
    phone.client.headers["Accept"] = "application/json"
    assert phone.send("/phone/scan", files={"picture": ("f.png", qr_picture("ABC"))}).json() == {"text": "ABC"}
    phone.go_to_qr()
    nothing = phone.send("/phone/scan", files={"picture": ("f.png", make_photo())}).json()
    assert nothing["text"] is None
    assert "No QR code" in nothing["message"]


def test_a_token_of_no_document_is_said_not_to_exist_and_kept(new_phone: MakePhone) -> None:
    page = new_phone().type_token("AAAAA-BBBBB-CCCCC-DDDDD")
    assert page.status_code == 422
    assert "Taka mLegitymacja nie istnieje" in page.text
    assert 'value="AAAAA-BBBBB-CCCCC-DDDDD"' in page.text
    assert "There is no such mLegitymacja" in new_phone("en").type_token("x" * 10_000).text


def test_wrong_codes_count_down_to_a_lock_that_ends(sandbox: RunningSandbox, new_phone: MakePhone) -> None:
    ready = sandbox.make_ready()
    phone = new_phone()
    phone.type_token(ready["token"])
    for left in (4, 3, 2, 1):
        page = phone.send("/phone/add/code", code="WRONG")
        assert page.status_code == 422
        assert f"Pozostałe próby: {left}" in page.text
        assert 'value="WRONG"' in page.text
    assert "zablokowana" in phone.send("/phone/add/code", code="WRONG").text
    assert "15 min" in phone.send("/phone/add/code", code=ready["code"]).text
    assert "zablokowana" in new_phone().type_token(ready["token"]).text
    sandbox.set(clock_offset_seconds=901)
    assert ready["card_number"] in phone.send("/phone/add/code", code=ready["code"]).text


def test_used_codes_are_told_apart_on_the_same_and_on_another_phone(
    sandbox: RunningSandbox, new_phone: MakePhone
) -> None:
    ready = sandbox.make_ready()
    first, second = new_phone(), new_phone()
    card = first.add(ready).url.path
    assert "jest już na tym telefonie" in first.type_token(ready["token"]).text
    assert "na innym telefonie" in second.type_token(ready["token"]).text
    assert second.open(card).status_code == 404
    assert second.open(f"{card}/photo.jpg").status_code == 404


def test_lapsed_codes_say_so(sandbox: RunningSandbox, new_phone: MakePhone) -> None:
    ready = sandbox.make_ready()
    phone = new_phone()
    phone.type_token(ready["token"])
    sandbox.set(clock_offset_seconds=31 * 86_400)
    assert "Kody wygasły" in phone.send("/phone/add/code", code=ready["code"]).text
    assert "Kody wygasły" in phone.type_token(ready["token"]).text


def test_a_revoked_document_cannot_be_added(sandbox: RunningSandbox, new_phone: MakePhone) -> None:
    ready = sandbox.make_ready()
    sandbox.revoke(ready["key"])
    assert "została unieważniona" in new_phone().type_token(ready["token"]).text


def test_a_card_shows_its_revocation_on_the_next_view(sandbox: RunningSandbox, new_phone: MakePhone) -> None:
    ready = sandbox.make_ready()
    phone = new_phone()
    path = phone.add(ready).url.path
    assert "Unieważniona" not in phone.open(path).text
    sandbox.revoke(ready["key"])
    assert "Unieważniona" in phone.open(path).text
    assert "Unieważniona" in phone.open("/phone/").text
    assert phone.open(f"{path}/photo.jpg").status_code == 404


def test_of_two_phones_at_the_same_moment_one_gets_the_card(sandbox: RunningSandbox, new_phone: MakePhone) -> None:
    ready = sandbox.make_ready()
    phones = [new_phone() for _ in range(8)]
    for phone in phones:
        phone.type_token(ready["token"])
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda phone: phone.send("/phone/add/code", code=ready["code"]), phones))
    assert sorted(page.status_code for page in pages) == [200, *[422] * 7]
    assert sum("na innym telefonie" in page.text for page in pages) == 7
    assert sandbox.fetch(ready["key"])[0]["version"] == 3


def test_the_photo_is_kept_only_with_the_specimen_stamp(sandbox: RunningSandbox, new_phone: MakePhone) -> None:
    ready = sandbox.make_ready()
    phone = new_phone()
    path = phone.add(ready).url.path
    response = phone.open(f"{path}/photo.jpg")
    assert response.headers["content-type"] == "image/jpeg"
    photo = Image.open(io.BytesIO(response.content)).convert("RGB")
    pixels = list(photo.get_flattened_data())
    stamped = sum(max(abs(a - b) for a, b in zip(pixel, PHOTO_COLOUR, strict=True)) > 40 for pixel in pixels)
    assert stamped > len(pixels) / 12
    assert make_photo().hex().upper() not in sandbox.dump().upper()


def test_no_step_can_be_skipped(sandbox: RunningSandbox, new_phone: MakePhone) -> None:
    ready = sandbox.make_ready()
    phone = new_phone()
    assert phone.open("/phone/add/qr").url.path == "/phone/add/terms"
    assert phone.send("/phone/add/qr", token=ready["token"]).url.path == "/phone/add/terms"
    assert phone.send("/phone/add/code", code=ready["code"]).url.path == "/phone/add/terms"
    assert sandbox.fetch(ready["key"])[0]["state"] == "ready"


def test_a_form_without_the_token_of_the_page_is_refused(sandbox: RunningSandbox, new_phone: MakePhone) -> None:
    phone = new_phone()
    phone.go_to_qr()
    for path in ("/phone/add/terms", "/phone/add/qr", "/phone/scan", "/control/settings", "/control/clock"):
        response = phone.client.post(path, data={"csrf": secrets.token_urlsafe(24)})
        assert response.status_code == 403
        assert "Formularz stracił ważność" in response.text


def test_the_language_is_chosen_and_remembered(new_phone: MakePhone) -> None:
    phone = new_phone("pl")
    assert '<html lang="pl">' in phone.page.text
    assert "Add a document" in phone.open("/phone/?lang=en").text
    assert "Which document" in phone.open("/phone/add").text
    assert '<html lang="en">' in new_phone("en-GB,en;q=0.8").page.text
    assert '<html lang="pl">' in new_phone("de").page.text


@pytest.mark.parametrize("path", ["/phone/", "/phone/add", "/phone/add/qr", "/control/", "/nothing"])
def test_pages_forbid_foreign_and_inline_code(new_phone: MakePhone, path: str) -> None:
    page = new_phone().open(path)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert not re.search(r"\sstyle=|\son[a-z]+=|<script>|<style|https?://", page.text)
    assert page.headers["cache-control"] == "no-store"


def test_the_cookie_cannot_be_read_by_scripts(sandbox: RunningSandbox) -> None:
    cookie = sandbox.anybody.get("/phone/").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_the_control_page_sets_what_its_form_says(sandbox: RunningSandbox, new_phone: MakePhone) -> None:
    person = new_phone()
    form = dict.fromkeys(("making_delay_seconds", "answer_delay_seconds", "reject_next", "busy_next"), "0")
    form |= {"fail_next": "0", "fail_making_next": "0", "fail_when": "after", "codes_valid_days": "14"}
    person.open("/control/")
    page = person.send("/control/settings", **{**form, "making_delay_seconds": "2,5", "callbacks_enabled": "on"})
    assert "Zapisano" in page.text
    now = sandbox.anybody.get("/control/api/settings").json()
    assert (now["making_delay_seconds"], now["codes_valid_days"], now["fail_when"]) == (2.5, 14, "after")
    assert now["callbacks_enabled"] is True
    assert now["down"] is False
    assert "Nie zapisano" in person.send("/control/settings", **{**form, "fail_next": "many"}).text
    assert "Zapisano" in person.send("/control/clock", days="31").text
    assert sandbox.anybody.get("/control/api/settings").json()["clock_offset_seconds"] == 31 * 86_400
    person.send("/control/clock", days="0")
    assert sandbox.anybody.get("/control/api/settings").json()["clock_offset_seconds"] == 0
