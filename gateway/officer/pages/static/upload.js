// Files in parts of 4 MiB, each with its digest; what was held already is not sent again.
import { all, make, say, send } from "./page.js";
import { refresh } from "./live.js";

const PART = 4 * 1024 * 1024;
const megabytes = (size) => (size / 1e6).toFixed(1);

async function json(answer) {
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

function row(input, file) {
  const shown = make("div", "", { class: "a35-progress" });
  const name = make("bdi", file.name, { dir: "auto" });
  const bar = make("progress", "", { max: file.size || 1, value: 0, "aria-label": file.name });
  const said = make("span", "", { role: "status" });
  const button = make("button", say("pause"), { type: "button", class: "govuk-button govuk-button--secondary" });
  shown.append(name, bar, said, button);
  input.after(shown);
  return { shown, bar, said, button };
}

async function digest(part) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await part.arrayBuffer()));
  return `sha-256=:${btoa(String.fromCharCode(...hash))}:`;
}

function upload(input, file) {
  const { bar, said, button } = row(input, file);
  let isPaused = false;
  async function run() {
    const begun = await json(await send("POST", input.dataset.upload, JSON.stringify({ name: file.name, size_bytes: file.size, media_type: file.type || "application/octet-stream" }), { "Content-Type": "application/json" }));
    const base = `${input.dataset.upload}/${begun.n}`;
    const held = new Set((await json(await fetch(base))).held);
    for (let k = 0; k * PART < file.size; k += 1) {
      if (isPaused) return;
      const part = file.slice(k * PART, (k + 1) * PART);
      if (!held.has(k)) {
        const answer = await send("PUT", `${base}/parts/${k}`, part, { "Content-Type": "application/octet-stream", "Content-Digest": await digest(part) });
        if (!answer.ok) throw new Error(String(answer.status));
      }
      bar.value = Math.min((k + 1) * PART, file.size);
      said.textContent = say("uploaded", { done: megabytes(bar.value), total: megabytes(file.size) });
    }
    await json(await send("POST", `${base}/complete`));
    button.remove();
    said.textContent = say("complete");
    refresh("file");
  }
  const go = () => run().catch(() => {
    isPaused = true;
    button.textContent = say("resume");
    said.textContent = say("upload_failed");
  });
  button.addEventListener("click", () => {
    isPaused = !isPaused;
    button.textContent = say(isPaused ? "resume" : "pause");
    if (!isPaused) go();
  });
  go();
}

export function startUploads() {
  for (const input of all("[data-upload]")) {
    input.addEventListener("change", () => {
      for (const file of input.files) upload(input, file);
      input.value = ""; // it was sent in parts, and is not sent again with the form
    });
  }
}
