"""The phone in a real browser: the camera reads the QR code, and nothing on the pages is forbidden by their own policy."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import qrcode
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, expect
from running_sandbox import RunningSandbox

SIZE = (640, 480)


def film(text: str, path: Path) -> Path:
    """Write a film (Y4M) that shows a QR code, for the browser to take as its camera."""
    code = qrcode.make(text).get_image().convert("L").resize((400, 400))
    picture = Image.new("L", SIZE, 200)
    picture.paste(code, (120, 40))
    colour = bytes([128]) * (SIZE[0] * SIZE[1] // 2)
    frame = b"FRAME\n" + picture.tobytes() + colour
    path.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n" + frame * 3)
    return path


@pytest.fixture(scope="module")
def filmed(shared_sandbox: RunningSandbox) -> dict[str, Any]:
    """A document that is ready, and whose QR code is before the camera."""
    return shared_sandbox.make_ready()


@pytest.fixture(scope="module")
def browser(
    filmed: dict[str, Any], playwright: Playwright, chromium_path: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """A browser whose camera looks at a QR code."""
    camera = film(filmed["token"], tmp_path_factory.mktemp("camera") / "film.y4m")
    options = ["--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    browser = playwright.chromium.launch(
        executable_path=chromium_path,
        args=[*options, f"--use-file-for-fake-video-capture={camera}"],
    )
    yield browser
    browser.close()


@pytest.fixture
def page(sandbox: RunningSandbox, browser: Browser) -> Iterator[Page]:
    """A new phone's page."""
    context = browser.new_context(base_url=sandbox.url, locale="pl", viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


def test_the_camera_reads_the_code_and_the_card_appears(page: Page, filmed: dict[str, Any]) -> None:
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto("/phone/")
    page.get_by_role("link", name="Dodaj dokument").click()
    page.get_by_role("link", name="Legitymacja studencka").click()
    page.get_by_role("link", name="Dalej").click()
    page.get_by_role("button", name="Akceptuję").click()
    page.get_by_role("button", name="Dalej", exact=True).click()
    page.get_by_label("Kod aktywacyjny (hasło)").fill(filmed["code"])
    page.get_by_role("button", name="Aktywuj").click()
    expect(page.get_by_text("Żółć-Próbna")).to_be_visible()
    university = page.get_by_text("Uczelnia Próbna")
    expect(university).to_be_hidden()
    page.get_by_text("Uczelnia", exact=True).click()
    expect(university).to_be_visible()
    photo = page.get_by_role("img", name="Zdjęcie")
    assert photo.evaluate("image => image.naturalWidth") > 0
    assert faults == []


@pytest.mark.long
def test_the_specimen_mark_moves_and_stays_when_motion_is_reduced(page: Page, sandbox: RunningSandbox) -> None:
    ready = sandbox.make_ready()
    page.emulate_media(reduced_motion="no-preference")
    for path, button in (("/phone/add/terms", "Akceptuję"), ("/phone/add/camera", "Dalej bez aparatu")):
        page.goto(path)
        page.get_by_role("button", name=button).click()
    page.get_by_label("Treść kodu QR").fill(ready["token"])
    page.get_by_role("button", name="Dalej", exact=True).click()
    page.get_by_label("Kod aktywacyjny (hasło)").fill(ready["code"])
    page.get_by_role("button", name="Aktywuj").click()
    mark = page.locator(".specimen-lines span").nth(2)
    running = "element => element.getAnimations().some(animation => animation.playState === 'running')"
    assert mark.evaluate(running)
    assert page.locator(".flag span").first.evaluate(running)
    page.emulate_media(reduced_motion="reduce")
    assert not mark.evaluate(running)
    expect(mark).to_be_visible()
    expect(mark).to_contain_text("WZÓR – środowisko testowe")
