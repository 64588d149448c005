// Live updates: one tab of this browser holds the stream, all others hear from it.
import { redraw } from "./clock.js";
import { all, announce, fetchPage, make, now, one, say, setNow } from "./page.js";

const TYPES = ["hello", "reset", "tick", "message.received", "message.state", "receipt", "clock.warning", "clock.expired", "emergency", "draft.changed", "approval.needed", "approval.done", "thread.assigned", "peer.state", "directory.state", "log.state", "ping", "operation", "session.ending"];
const SILENCE_MS = 40000;
const GATHER_MS = 250;
const PAUSE_MS = 1000;
const channel = new BroadcastChannel("a35");
const address = document.body.dataset.events;
const started = now();
let last = Number(document.body.dataset.after ?? 0);
let heard = Date.now();
let isPolling = false;
let due = new Set();
let fresh = 0;

function showState(isLive) {
  for (const each of all("[data-live-state]")) {
    each.textContent = say(isLive ? "live" : "polling");
    each.classList.toggle("a35-not-live", !isLive);
  }
}

export function refresh(type) {
  if (due.size === 0) setTimeout(swap, GATHER_MS);
  due.add(type);
}

async function swap() {
  const types = due;
  due = new Set();
  const wanted = all("[data-live]").filter((each) => each.dataset.live.split(" ").some((type) => type === "*" || types.has("*") || types.has(type)));
  const pages = Map.groupBy(wanted, (each) => each.dataset.fragment ?? location.pathname + location.search);
  for (const [path, places] of pages) {
    const page = await fetchPage(path).catch((status) => { if (status === 401) location.reload(); });
    if (!page) continue;
    for (const place of places) put(place, page.getElementById(place.id));
    if (path === location.pathname + location.search) document.title = page.title;
  }
  redraw();
  document.dispatchEvent(new Event("a35:swapped"));
}

function put(place, found) {
  if (!found || place.isEqualNode(found)) return;
  const isHeld = "liveHold" in place.dataset || place.contains(document.activeElement) && document.activeElement !== place;
  if (!isHeld) return place.replaceWith(document.importNode(found, true));
  place.pending = found;
  let button = place.previousElementSibling;
  if (!button?.classList.contains("a35-fresh")) {
    button = make("button", "", { type: "button", class: "govuk-button govuk-button--secondary a35-fresh" });
    button.addEventListener("click", () => {
      const shown = document.importNode(place.pending, true);
      place.replaceWith(shown);
      button.remove();
      fresh = 0;
      shown.focus();
    });
    place.before(button);
  }
  button.textContent = say("fresh", { n: Math.max(fresh, 1) });
}

function take(type, id, data) {
  heard = Date.now();
  if (data.at && (type === "tick" || type === "hello")) setNow(data.at);
  if (type === "reset") return refresh("*");
  if (!id || id <= last) return;
  last = id;
  if (Date.parse(data.at) < started - PAUSE_MS) return; // the page was made after it
  if (type === "message.received") fresh += 1;
  announce(say(`event ${type}`), type === "emergency");
  document.dispatchEvent(new CustomEvent("a35:event", { detail: type }));
  refresh(type);
}

function tell(type, id, data) {
  take(type, id, data);
  channel.postMessage({ type, id, data });
}

async function poll(isWanted, pass) {
  if (isPolling) return;
  isPolling = true;
  showState(false);
  while (isWanted()) {
    const answer = await fetch(`${address}?after=${last}&wait=14`).catch(() => null);
    if (answer?.status === 401) return location.reload();
    const events = answer?.ok ? await answer.json().catch(() => null) : null;
    if (events?.reset) pass("reset", 0, {});
    for (const { id, event, ...data } of events?.items ?? []) pass(event, id, data);
    await new Promise((done) => setTimeout(done, events ? PAUSE_MS : 14 * PAUSE_MS));
  }
  isPolling = false;
  showState(true);
}

function lead() {
  let source;
  const open = () => {
    source = new EventSource(`${address}?after=${last}`);
    for (const type of TYPES) {
      source.addEventListener(type, (event) => tell(type, Number(event.lastEventId), JSON.parse(event.data)));
    }
    source.onopen = () => { if (!isPolling) showState(true); };
    source.onerror = () => poll(() => source.readyState !== EventSource.OPEN, tell);
  };
  open();
  setInterval(() => { if (source.readyState === EventSource.CLOSED) open(); }, 5 * PAUSE_MS);
}

export function startLive() {
  if (!address) return;
  showState(true);
  channel.onmessage = ({ data }) => take(data.type, data.id, data.data);
  navigator.locks.request("a35-leader", () => {
    lead();
    return new Promise(() => {}); // held as long as this tab lives
  });
  setInterval(() => {
    const isSilent = () => Date.now() - heard > SILENCE_MS;
    if (isSilent()) poll(isSilent, take);
  }, 5 * PAUSE_MS);
}
