// What all parts share: the page's words, the server's time, requests, what is read out.
const { dataset } = document.body;
const words = JSON.parse(dataset.words);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];
export const one = (selector, root = document) => root.querySelector(selector);
export const say = (key, values = {}) => (words[key] ?? "").replace(/%\((\w+)\)s/g, (_, name) => values[name] ?? "");
export const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });

let ahead = Date.parse(dataset.now) - Date.now();
export const now = () => Date.now() + ahead;
export const setNow = (at) => { ahead = Date.parse(at) - Date.now(); };

export function timeOfDay(at, zone = one("[data-clock]")?.dataset.clock ?? "UTC", isWhole = true) {
  const form = { timeZone: zone, hour: "2-digit", minute: "2-digit", second: isWhole ? "2-digit" : undefined, hourCycle: "h23", numberingSystem: "latn" };
  return new Intl.DateTimeFormat(document.documentElement.lang, form).format(at);
}

export function make(tag, text, values = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  Object.entries(values).forEach(([name, value]) => made.setAttribute(name, value));
  return made;
}

export function announce(text, isUrgent) {
  if (text) one(isUrgent ? "[data-assertive]" : "[data-polite]").textContent = text;
}

export async function send(method, path, body, headers = {}, keepalive = false) {
  const answer = await fetch(path, { method, body, keepalive, headers: { "X-CSRF-Token": dataset.csrf, ...headers } });
  const isUse = method !== "GET" && !("X-A35-Unasked" in headers); // as the server counts it
  if (isUse && answer.ok && !answer.redirected) document.dispatchEvent(new Event("a35:used"));
  return answer;
}

// Where this page is fetched anew: what was shown once has no address of its own, but the same frame.
export const here = () => ("once" in dataset ? "/help" : location.pathname + location.search);

// The browser parses it as a document of its own: nothing in it runs, no text becomes markup here.
export function fetchPage(path) {
  return new Promise((done, failed) => {
    const request = Object.assign(new XMLHttpRequest(), { onerror: () => failed(0), ontimeout: () => failed(0) });
    request.open("GET", path);
    request.responseType = "document";
    request.timeout = 20000;
    request.onload = () => {
      const { pathname } = new URL(request.responseURL);
      const isLocked = "refresh" in dataset || pathname === "/locked" || pathname === "/sign-in"; // or unlocked elsewhere
      if (pathname !== new URL(path, location).pathname) failed(isLocked ? 401 : 303);
      else if (request.status === 200 && request.response) done(request.response);
      else failed(request.status);
    };
    request.send();
  });
}

// The session is locked or over. What was typed and could not be saved stays in the page, out of
// sight, until somebody unlocks it in another tab; without such text the page of the lock is shown.
export const typed = new Set(); // of what saves by itself
export const isChanged = (field) => (field.matches("[type=checkbox], [type=radio]") ? field.checked !== field.defaultChecked : field.value !== field.defaultValue);
const isTyped = (field) => isChanged(field) && field.checkVisibility() && !field.closest("[data-autosave]");
export function leave() {
  const dialog = one("[data-lock-dialog]");
  const isKept = one("main").hidden || [...typed].some((isDirty) => isDirty()) || all("textarea, input:not([type=password])").some(isTyped);
  if (!dialog || !isKept) return location.assign("once" in dataset ? "/" : here());
  one("main").hidden = true;
  one("[data-unlock]").hidden = false;
  if (!dialog.open) dialog.showModal();
}
export function comeBack() {
  if (!one("main").hidden) return;
  one("main").hidden = false;
  one("[data-unlock]").hidden = true;
  one("[data-lock-dialog]").close();
}
