// Deadlines and clocks by the server's time, in the page's words; and the lock that comes near.
import { all, now, one, rights, say, send, timeOfDay } from "./page.js";

const SECONDS_BELOW = 300;
const WARN_MS = 120000;

function words(seconds) {
  if (seconds === 0) return say("now");
  const left = Math.abs(seconds);
  const minutes = Math.floor(left / 60);
  let parts = [[Math.floor(minutes / 1440), "d"], [Math.floor((minutes % 1440) / 60), "h"]];
  if (left < SECONDS_BELOW) parts = [[minutes, "min"], [left % 60, "s"]];
  else if (minutes < 60) parts = [[minutes, "min"]];
  else if (minutes < 1440) parts = [[Math.floor(minutes / 60), "h"], [minutes % 60, "min"]];
  const time = parts.filter(([n]) => n).map(([n, unit]) => say(unit, { n })).join(" ");
  return say(seconds > 0 ? "in" : "late", { time });
}

export function redraw() {
  for (const each of all("[data-due]")) {
    const left = Math.floor((Date.parse(each.dateTime) - now()) / 1000);
    const text = words(left);
    if (each.textContent !== text) each.textContent = text;
    each.classList.toggle("a35-due--late", left < 0);
  }
  for (const each of all("[data-clock]")) {
    const [utc, local] = all("bdi", each);
    const place = local.textContent.replace(/^.*\d\d:\d\d\s*/, "");
    utc.textContent = `${timeOfDay(now(), "UTC", false)} UTC`;
    local.textContent = `${timeOfDay(now(), each.dataset.clock, false)} ${place}`;
  }
}

export function startClocks() {
  redraw();
  setInterval(redraw, 1000);
  const dialog = one("[data-lock-dialog]");
  if (!dialog) return;
  const started = now();
  const length = Date.parse(document.body.dataset.lockAt) - started;
  let lock = started + length;
  document.addEventListener("a35:used", () => { lock = now() + length; });
  one("[data-stay]", dialog).addEventListener("click", async () => {
    const answer = await send("POST", "/session/stay").catch(() => null);
    if (answer?.ok) document.dispatchEvent(new Event("a35:used"));
  });
  setInterval(() => {
    const left = lock - now();
    if (left < WARN_MS && left > 0 && !dialog.open) dialog.showModal();
    if (left >= WARN_MS && dialog.open) dialog.close();
    if (left > 0) return;
    // What was typed and not saved stays in the page, out of sight, until somebody unlocks it.
    one("main").hidden = rights.isTyped?.() ?? false;
    if (!one("main").hidden) location.reload();
  }, 5000);
}
