// Deadlines and clocks by the server's time, in the page's words; and the lock that comes near.
import { all, comeBack, leave, now, one, say, send, timeOfDay } from "./page.js";

const SECONDS_BELOW = 300;
const WARN_MS = 120000;

// The same words as gateway/officer/adapters/languages.py.
function due(seconds) {
  const left = Math.abs(seconds);
  const minutes = Math.floor(left / 60);
  let parts = [[Math.floor(minutes / 1440), "d"], [Math.floor((minutes % 1440) / 60), "h"]];
  if (left < SECONDS_BELOW) parts = [[minutes, "min"], [left % 60, "s"]];
  else if (minutes < 60) parts = [[minutes, "min"]];
  else if (minutes < 1440) parts = [[Math.floor(minutes / 60), "h"], [minutes % 60, "min"]];
  const time = parts.filter(([n]) => n).map(([n, unit]) => say(unit, { n })).join(" ");
  return seconds === 0 ? say("now") : say(seconds > 0 ? "in" : "late", { time });
}

export function redraw() {
  for (const each of all("[data-due]")) {
    const left = Math.floor((Date.parse(each.dateTime) - now()) / 1000);
    if (each.textContent !== due(left)) each.textContent = due(left);
    each.classList.toggle("a35-due--late", left < 0);
  }
  for (const each of all("[data-clock]")) {
    const [utc, local] = all("bdi", each);
    utc.textContent = `${timeOfDay(now(), "UTC", false)} UTC`;
    const place = local.textContent.replace(/^.*\d\d:\d\d\s*/, "");
    local.textContent = `${timeOfDay(now(), each.dataset.clock, false)} ${place}`;
  }
}

export function startClocks() {
  redraw();
  setInterval(redraw, 1000);
  const dialog = one("[data-lock-dialog]");
  if (!dialog) return;
  const length = Date.parse(document.body.dataset.lockAt) - now();
  let lock = now() + length;
  const others = new BroadcastChannel("a35-used"); // one session, one lock for all tabs
  others.onmessage = ({ data }) => { lock = Math.max(lock, data); };
  others.postMessage(lock);
  document.addEventListener("a35:used", () => others.postMessage(lock = now() + length));
  one("[data-stay]").addEventListener("click", async () => {
    const answer = await send("POST", "/session/stay").catch(() => null);
    if (answer?.ok && !answer.redirected) comeBack(); // not led to the lock
  });
  // Whatever this page knows, the server says whether this session is still open; asking is no use of it.
  async function ask() {
    const answer = await fetch("/api/v1/session").catch(() => null);
    const session = answer?.ok ? await answer.json().catch(() => null) : null;
    if (!session?.lock_at || session.csrf !== document.body.dataset.csrf) return leave();
    lock = Date.parse(session.lock_at);
    comeBack();
  }
  setInterval(() => {
    const left = lock - now();
    if (left <= 0) ask();
    else if (left < WARN_MS && !dialog.open) dialog.showModal();
    else if (left >= WARN_MS && dialog.open) dialog.close();
  }, 5000);
}
