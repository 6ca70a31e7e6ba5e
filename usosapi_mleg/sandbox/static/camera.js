// Adds the camera to the QR step. Without this file, or without a camera, the forms of the page do the same work.
(() => {
  "use strict";
  const finder = document.getElementById("viewfinder");
  const video = document.getElementById("video");
  const status = document.getElementById("camera-status");
  const form = document.getElementById("token-form");
  const field = document.getElementById("token");
  const PAUSE_MS = 350;
  const LARGEST_SIDE = 900;
  let stream = null;
  let frames = null;

  const say = (text) => {
    if (status.textContent !== text) status.textContent = text;
  };

  const stop = () => {
    if (stream) stream.getTracks().forEach((track) => track.stop());
    stream = null;
  };

  const makeDetector = async () => {
    if (!("BarcodeDetector" in window)) return null;
    try {
      const formats = await window.BarcodeDetector.getSupportedFormats();
      return formats.includes("qr_code") ? new window.BarcodeDetector({ formats: ["qr_code"] }) : null;
    } catch {
      return null;
    }
  };

  const drawFrame = () => {
    const scale = Math.min(1, LARGEST_SIDE / Math.max(video.videoWidth, video.videoHeight));
    frames = frames || document.createElement("canvas");
    frames.width = Math.round(video.videoWidth * scale);
    frames.height = Math.round(video.videoHeight * scale);
    frames.getContext("2d").drawImage(video, 0, 0, frames.width, frames.height);
    return new Promise((resolve) => frames.toBlob(resolve, "image/jpeg", 0.85));
  };

  const readAtServer = async () => {
    const body = new FormData();
    body.append("csrf", finder.dataset.csrf);
    body.append("picture", await drawFrame(), "frame.jpg");
    const answer = await fetch(finder.dataset.scan, { method: "POST", body, headers: { Accept: "application/json" } });
    return answer.ok ? (await answer.json()).text : null;
  };

  const readHere = async (detector) => {
    const found = await detector.detect(video);
    return found.length ? found[0].rawValue : null;
  };

  const search = async (detector) => {
    while (stream) {
      if (video.videoWidth) {
        let text = null;
        try {
          text = detector ? await readHere(detector) : await readAtServer();
        } catch {
          // A detector can exist and still not work; the server reads as well.
          detector = null;
        }
        if (text && stream) {
          say(finder.dataset.found);
          stop();
          field.value = text;
          form.requestSubmit();
          return;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };

  const start = async () => {
    if (!navigator.mediaDevices) return;
    finder.hidden = false;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
      video.srcObject = stream;
      await video.play();
    } catch {
      stop();
      finder.querySelector(".viewfinder-frame").hidden = true;
      say(finder.dataset.failed);
      return;
    }
    say(finder.dataset.searching);
    search(await makeDetector());
  };

  window.addEventListener("pagehide", stop);
  start();
})();
