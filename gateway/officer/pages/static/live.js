// Live updates: one tab of this browser holds the stream, all others hear from it.
import { redraw } from "./clock.js";
import { all, announce, comeBack, fetchPage, here, leave, make, now, say, setNow, wait } from "./page.js";
import { isInUse, isSame, keepOpen, replace } from "./part.js";

const TYPES = `reset tick message.received message.state message.stuck message.lost message.recovered
  message.alerted message.escalated non_delivery_notice silence_notice receipt expiry_warning lapse_notice clock.warning clock.expired
  emergency draft.changed approval.needed approval.done thread.assigned thread.noted peer.state directory.state
  log.state node.state ping operation session.ending`.split(/\s+/);
const SILENCE_MS = 40000;
const POLL_MS = 15000;
const AGAIN_MS = 5000;
const COUNT = /^\(\d+\) /; // of emergencies, in titles
const { dataset } = document.body;
const channel = new BroadcastChannel("a35");
const made = now();
let last = Number(dataset.after ?? 0);
let heard = Date.now();
let isPolling = false;
let fresh = 0;
let changed = new Set();

function showState(isLive) {
  for (const each of all("[data-live-state]")) {
    each.textContent = say(isLive ? "live" : "polling");
    each.classList.toggle("a35-not-live", !isLive);
  }
}

export function refresh(type) {
  if (changed.size === 0) setTimeout(swap, 250); // several events at once are one request
  changed.add(type);
}

async function swap() {
  const types = changed;
  changed = new Set();
  const wants = (each) => types.has("*") || each.dataset.live.split(" ").some((type) => type === "*" || types.has(type));
  const pages = Map.groupBy(all("[data-live]").filter(wants), (each) => each.dataset.fragment ?? here());
  for (const [path, places] of pages) {
    const page = await fetchPage(path).catch((status) => {
      if (status === 401) leave();
      // The node was away or busy. What happened is told once: asked for again until it is shown.
      else if (status === 0 || status === 429 || status >= 500) setTimeout(() => types.forEach(refresh), AGAIN_MS);
      else if (path === here() && !("once" in dataset)) dataset.once = "", types.forEach(refresh); // gone: the frame lives on
    });
    if (!page) continue;
    for (const place of places) if (place.isConnected) put(place, page.getElementById(place.id));
    if (path === here()) document.title = (page.title.match(COUNT)?.[0] ?? "") + document.title.replace(COUNT, "");
  }
  redraw();
}

function put(place, found) {
  if (!found) return;
  keepOpen(place, found);
  if (isSame(place, found)) return;
  if (isInUse(place)) return place.addEventListener("focusout", () => refresh(place.dataset.live.split(" ")[0]), { once: true });
  if (!("liveHold" in place.dataset)) return replace(place, found);
  let button = place.previousElementSibling;
  if (!button?.classList.contains("a35-fresh")) {
    button = make("button", "", { type: "button", class: "govuk-button govuk-button--secondary a35-fresh" });
    place.before(button);
  }
  button.textContent = say("fresh", { n: Math.max(fresh, 1) });
  button.onclick = () => {
    button.remove();
    fresh = 0;
    replace(place, found).focus();
  };
}

function take({ type, id, data }) {
  heard = Date.now();
  if (type === "polling") return showState(false);
  if (type === "live" || type === "tick") showState(true);
  if (type === "tick") setNow(data.at);
  if (type === "reset") return refresh("*");
  if (!id || id <= last) return;
  last = id;
  if (Date.parse(data.at) < made - POLL_MS) return; // the page was made after it
  if (type === "message.received") fresh += 1;
  announce(say(`event ${type}`));
  refresh(type);
}

function tell(event) {
  take(event);
  channel.postMessage(event);
}

async function ask(seconds, pass) {
  const answer = await fetch(`${dataset.events}?after=${last}&wait=${seconds}`).catch(() => null);
  if (answer?.status === 401) leave();
  const found = answer?.ok ? await answer.json().catch(() => null) : null;
  if (found?.reset) pass({ type: "reset" });
  for (const { id, event, ...data } of found?.items ?? []) pass({ type: event, id, data });
  return found;
}

async function poll(isNeeded, pass) {
  if (isPolling) return;
  isPolling = true;
  while (isNeeded()) {
    pass({ type: "polling" });
    const found = await ask(14, pass);
    if (found) comeBack();
    await wait(found ? 1000 : POLL_MS);
  }
  isPolling = false;
}

function lead() {
  let source;
  const open = () => {
    source = new EventSource(`${dataset.events}?after=${last}`);
    source.onopen = () => tell({ type: "live" });
    source.onerror = () => poll(() => source.readyState !== EventSource.OPEN, tell);
    for (const type of TYPES) {
      source.addEventListener(type, (event) => tell({ type, id: Number(event.lastEventId), data: JSON.parse(event.data) }));
    }
  };
  open();
  setInterval(() => { if (source.readyState === EventSource.CLOSED) open(); }, 5000);
  return new Promise(() => {}); // leads as long as this tab lives
}

export function startLive() {
  if ("refresh" in dataset) setInterval(() => refresh("*"), POLL_MS);
  if (!dataset.events) return;
  showState(true);
  const past = ask(0, take).then((found) => found ?? refresh("*")); // what others were told while this page loaded
  channel.onmessage = ({ data }) => past.then(() => take(data));
  navigator.locks.request("a35-leader", lead);
  const isSilent = () => Date.now() - heard > SILENCE_MS;
  setInterval(() => { if (isSilent()) poll(isSilent, (event) => { const before = heard; take(event); heard = before; }); }, 5000);
}
