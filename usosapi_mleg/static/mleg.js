/* Makes the pages quicker to use: the status without reloading, the codes on demand, buttons that copy. All of it works
   without this script, too, except copying. */

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
const GROWTH = 1.5;
const MESSAGE_TIME = 8_000;

const news = document.getElementById("news");
const texts = JSON.parse(document.getElementById("texts")?.textContent ?? "{}");

let pause = FIRST_PAUSE;
let timer = 0;
let forgetting = 0;

/** What a person is told when something does not work. */
class Problem extends Error {}

function page() {
  return document.getElementById("page");
}

/** Tells the person something, for good or until it has been read. */
function tell(text, { lasting = false } = {}) {
  clearTimeout(forgetting);
  news.textContent = text;
  if (!lasting) forgetting = setTimeout(() => tell("", { lasting: true }), MESSAGE_TIME);
}

/** Calls an API method for the person of the session and gives its answer; a token that has grown old is replaced once. */
async function call(method, parameters, again = true) {
  const token = document.getElementById("csrf").textContent.match(/"(.+)"/)[1];
  const address = `${page().dataset.proxy}?_method_=services/mlegitymacja/${method}`;
  const answer = await send(address, { method: "POST", body: new URLSearchParams({ ...parameters, _csrftoken_: token }) });
  if (answer.ok) return answer;
  const body = await answer.text();
  if (body.includes("Invalid CSRF token") && again) {
    await renew();
    return call(method, parameters, false);
  }
  if (body.includes("CSRF token")) throw new Problem(texts.signed_out);
  throw new Problem(wordsFor(body) ?? texts.failed);
}

async function send(address, options) {
  try {
    return await fetch(address, options);
  } catch {
    throw new Problem(texts.failed);
  }
}

/** Finds what the answer to a refused call says to people. */
function wordsFor(body) {
  try {
    return JSON.parse(body).user_messages.generic_message[document.documentElement.lang];
  } catch {
    return undefined;
  }
}

/** Fetches the page anew and puts its main part in the place of the present one; the focus stays where it was. */
async function renew() {
  const answer = await send(page().dataset.index);
  if (!answer.ok) throw new Problem(texts.failed);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!fresh.getElementById("page")) throw new Problem(texts.signed_out);
  const focused = focusPath();
  document.getElementById("csrf").textContent = fresh.getElementById("csrf").textContent;
  for (const input of document.querySelectorAll('header input[name="_csrftoken_"]')) {
    input.value = fresh.querySelector('header input[name="_csrftoken_"]').value;
  }
  page().replaceWith(document.adoptNode(fresh.getElementById("page")));
  document.title = fresh.title;
  addCopyButtons();
  if (focused) (document.querySelector(focused) ?? document.getElementById("main")).focus({ preventScroll: true });
}

/** Gives a selector of the element that has the focus, if it is in the part that is replaced. */
function focusPath() {
  const focused = document.activeElement;
  if (!page().contains(focused)) return undefined;
  if (focused.id) return `#${focused.id}`;
  const owner = focused.closest("[data-act], details");
  if (!owner) return "#main";
  return owner.dataset.act ? `[data-act="${owner.dataset.act}"] button` : `#${owner.id} summary`;
}

/** Looks whether the order has changed; if so, shows the new state. */
async function check() {
  const { order: order_id, version } = page().dataset;
  const found = await (await call("status", { order_id })).json();
  if (String(found.version) === version) return false;
  await renew();
  tell(`${texts.new_state} ${document.querySelector("usos-tag")?.textContent}`);
  return true;
}

/** Whether a change is to be expected while the person is looking. */
function changing() {
  const status = page()?.dataset.status;
  return status === "waiting" || status === "processing" || (status === "ready" && codesShown());
}

function watch() {
  clearTimeout(timer);
  if (document.hidden || !changing()) return;
  timer = setTimeout(look, pause);
  pause = Math.min(pause * GROWTH, LONGEST_PAUSE);
}

async function look() {
  try {
    if (await check()) pause = FIRST_PAUSE;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    tell(problem.message, { lasting: true });
    if (problem.message === texts.signed_out) return;
  }
  watch();
}

function codesShown() {
  return document.getElementById("qrcode-frame")?.hidden === false;
}

async function showCodes() {
  const { order: order_id } = page().dataset;
  const codes = await (await call("activation", { order_id })).json();
  const picture = await (await call("activation_qr", { order_id, image: "svg" })).text();
  document.getElementById("qr-code-text").textContent = codes.token;
  document.getElementById("qr-code-pass").textContent = codes.activation_code;
  document.getElementById("codes-expiry").textContent = codes.expires_at.slice(0, 16);
  const image = new Image();
  image.className = "qr-code-img";
  image.alt = texts.qr_alt;
  image.src = `data:image/svg+xml;base64,${btoa(picture)}`;
  document.getElementById("qr-picture").replaceChildren(image);
  document.getElementById("qrcode-frame").hidden = false;
  document.querySelector('[data-act="kody"]').hidden = true;
  document.getElementById("codes-title").focus();
  restart();
}

function hideCodes() {
  for (const id of ["qr-code-text", "qr-code-pass", "codes-expiry", "qr-picture"]) document.getElementById(id).replaceChildren();
  document.getElementById("qrcode-frame").hidden = true;
  document.querySelector('[data-act="kody"]').hidden = false;
  document.querySelector('[data-act="kody"] button').focus();
}

async function checkNow() {
  const changed = await check();
  const codes = document.documentElement.lang === "pl" ? "pl-PL" : "en-GB";
  if (!changed) tell(`${texts.unchanged} ${new Date().toLocaleTimeString(codes)}.`);
  restart();
}

function restart() {
  pause = FIRST_PAUSE;
  watch();
}

/** Does what a button is for, and tells when it does not work. */
async function attempt(act, button) {
  button.setAttribute("aria-busy", "true");
  try {
    await act();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    tell(problem.message, { lasting: true });
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function addCopyButtons() {
  for (const code of document.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = texts.copy;
    const name = document.getElementById(code.dataset.copy).textContent;
    button.setAttribute("aria-label", `${texts.copy}: ${name}`);
    button.addEventListener("click", () => copy(code, name));
    code.after(button);
  }
}

async function copy(code, name) {
  try {
    await navigator.clipboard.writeText(code.textContent.trim());
    tell(`${texts.copied}: ${name}`);
  } catch {
    // Without TLS, or when the person does not allow it, there is no clipboard.
    getSelection().selectAllChildren(code);
    tell(texts.selected);
  }
}

const ACTS = { status: checkNow, kody: showCodes };

document.addEventListener("submit", (event) => {
  const act = ACTS[event.target.dataset.act];
  if (!act || !page()?.dataset.order) return;
  event.preventDefault();
  if (event.submitter?.getAttribute("aria-busy") !== "true") attempt(act, event.submitter);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest('[data-act="hide"]');
  if (!link || !document.querySelector('[data-act="kody"]')) return;
  event.preventDefault();
  hideCodes();
});

document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  pause = FIRST_PAUSE;
  if (!document.hidden && changing()) look();
});

addCopyButtons();
watch();
