// What all parts share: the page's words, the server's time, requests, what is read out.
const body = document.body;
const words = JSON.parse(body.dataset.words);
export const lang = document.documentElement.lang;
export const rights = { csrf: body.dataset.csrf };
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];
export const one = (selector, root = document) => root.querySelector(selector);

export function say(key, values = {}) {
  return (words[key] ?? "").replace(/%\((\w+)\)s/g, (_, name) => values[name] ?? "");
}

let ahead = Date.parse(body.dataset.now) - Date.now();
export const now = () => Date.now() + ahead;
export const setNow = (at) => { ahead = Date.parse(at) - Date.now(); };

export function timeOfDay(at, zone = one("[data-clock]")?.dataset.clock ?? "UTC", seconds = true) {
  const form = { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23", numberingSystem: "latn" };
  return new Intl.DateTimeFormat(lang, seconds ? { ...form, second: "2-digit" } : form).format(at);
}

export function make(tag, text = "", values = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(values)) made.setAttribute(name, value);
  return made;
}

export function announce(text, isUrgent = false) {
  const place = one(isUrgent ? "[data-assertive]" : "[data-polite]");
  if (place) place.textContent = text;
}

export function send(method, path, content, headers = {}) {
  return fetch(path, { method, body: content, headers: { "X-CSRF-Token": rights.csrf, ...headers } });
}

// The browser parses it as a document of its own: nothing in it runs, and no text becomes markup here.
export function fetchPage(path) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("GET", path);
    request.responseType = "document";
    request.timeout = 20000;
    request.onload = () => (request.status === 200 && request.response ? done(request.response) : failed(request.status));
    request.onerror = request.ontimeout = () => failed(0);
    request.send();
  });
}
