/* Sends the request that the server has prepared, exactly as it is shown, and shows what comes back. */

const button = document.getElementById("send");
const answerBox = document.getElementById("answer");
const failure = document.getElementById("send-failed");
const { method, url, headers, body } = JSON.parse(document.getElementById("sendable").textContent);

async function send() {
  button.disabled = true;
  failure.hidden = true;
  const began = performance.now();
  try {
    // Without cookies: an app has none, and the answer must not depend on who is at the browser.
    const answer = await fetch(url, { method, headers, body, credentials: "omit", cache: "no-store", redirect: "manual" });
    await show(answer, Math.round(performance.now() - began));
  } catch {
    failure.hidden = false;
  }
}

async function show(answer, milliseconds) {
  const type = answer.headers.get("Content-Type") ?? "";
  document.getElementById("answer-status").textContent = `${answer.status} ${answer.statusText} (${milliseconds} ms)`;
  document.getElementById("answer-headers").textContent = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  const content = document.getElementById("answer-body");
  if (type.startsWith("image/")) {
    const picture = new Image();
    picture.alt = type;
    picture.src = await addressOf(await answer.blob());
    document.getElementById("answer-picture").replaceChildren(picture);
    content.parentElement.hidden = true;
  } else {
    content.textContent = readable(await answer.text(), type);
  }
  answerBox.hidden = false;
  answerBox.scrollIntoView({ block: "nearest" });
}

function readable(text, type) {
  if (!type.startsWith("application/json")) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function addressOf(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(blob);
  });
}

button.addEventListener("click", send);
