// Files in parts of 4 MiB, each with its digest; what was held already is not sent again.
import { all, make, say, send, typed } from "./page.js";
import { refresh } from "./live.js";

const PART = 4 * 1024 * 1024;
let running = 0;
const megabytes = (size) => (size / 1e6).toFixed(1);

async function ask(...request) {
  const answer = await send(...request);
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.status === 204 ? null : answer.json();
}

async function digest(part) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await part.arrayBuffer()));
  return `sha-256=:${btoa(String.fromCharCode(...hash))}:`;
}

function upload(input, file) {
  const bar = make("progress", "", { max: file.size, value: 0, "aria-label": file.name });
  const said = make("span", "", { role: "status" });
  const button = make("button", say("pause"), { type: "button", class: "govuk-button govuk-button--secondary" });
  const row = make("div", "", { class: "a35-progress" });
  row.append(make("bdi", file.name, { dir: "auto" }), bar, said, button);
  input.after(row);
  let isPaused = false;
  const pause = (is) => { isPaused = is; button.textContent = say(is ? "resume" : "pause"); };

  async function run() {
    const about = JSON.stringify({ name: file.name, size_bytes: file.size, media_type: file.type || "application/octet-stream" });
    const { n } = await ask("POST", input.dataset.upload, about, { "Content-Type": "application/json" });
    const place = `${input.dataset.upload}/${n}`;
    const { parts } = await ask("GET", place);
    for (let k = 0; k * PART < file.size; k += 1) {
      if (isPaused) return;
      const part = file.slice(k * PART, (k + 1) * PART);
      if (!parts.includes(k)) await ask("PUT", `${place}/parts/${k}`, part, { "Content-Type": "application/octet-stream", "Content-Digest": await digest(part) });
      bar.value = Math.min((k + 1) * PART, file.size);
      said.textContent = say("uploaded", { done: megabytes(bar.value), total: megabytes(file.size) });
    }
    await ask("POST", `${place}/complete`);
    button.remove();
    said.textContent = say("complete");
    refresh("file");
  }

  let work = Promise.resolve();
  const go = () => {
    running += 1;
    work = work.then(run).catch(() => { pause(true); said.textContent = say("upload_failed"); }).finally(() => { running -= 1; });
  };
  button.addEventListener("click", () => { pause(!isPaused); if (!isPaused) go(); });
  go();
}

export function startUploads() {
  typed.add(() => running > 0); // a lock that comes meanwhile hides the page
  addEventListener("beforeunload", (event) => { if (running) event.preventDefault(); });
  for (const input of all("[data-upload]")) {
    input.addEventListener("change", () => {
      for (const file of input.files) upload(input, file);
      input.value = ""; // sent in parts, and not again with the form
    });
  }
}
