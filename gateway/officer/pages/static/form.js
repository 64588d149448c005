// Forms that lose no typed word, and times that are echoed in UTC.
import { all, fetchPage, now, one, rights, say, send, timeOfDay } from "./page.js";

const QUIET_MS = 2000;
const AGAIN_MS = 15000;

function fieldsOf(form) {
  return new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
}

function keep(form) {
  const place = one("[data-saved]", form);
  let saved = String(fieldsOf(form));
  let since = 0;
  let timer = 0;
  let isBusy = false;
  let isOver = false;
  const isDirty = () => !isOver && String(fieldsOf(form)) !== saved;
  const tell = (text, isBad = false) => {
    place.textContent = text;
    place.classList.toggle("a35-saved--not", isBad);
  };
  const later = (wait) => { clearTimeout(timer); timer = setTimeout(save, wait); };
  async function save() {
    if (!isDirty() || isBusy) return isBusy && later(QUIET_MS);
    isBusy = true;
    const fields = fieldsOf(form);
    const headers = form.dataset.version ? { "If-Match": `"${form.dataset.version}"` } : {};
    const answer = await send("PATCH", form.dataset.autosave, fields, headers).catch(() => null);
    isBusy = false;
    if (answer?.ok) {
      saved = String(fields);
      since = 0;
      form.dataset.version = (answer.headers.get("ETag") ?? form.dataset.version ?? "").replace(/^W\/|"/g, "");
      for (const each of all("[name=version]", form)) { each.value = form.dataset.version; saved = String(fieldsOf(form)) === saved ? saved : withVersion(saved, each.value); }
      document.dispatchEvent(new Event("a35:used"));
      tell(say("saved", { time: timeOfDay(now()) }));
      return isDirty() && later(QUIET_MS);
    }
    if (answer?.status === 412) return conflict();
    tell(say("unsaved", { time: timeOfDay(since) }), true);
    later(AGAIN_MS);
  }
  function withVersion(text, version) {
    const fields = new URLSearchParams(text);
    fields.set("version", version);
    return String(fields);
  }
  async function conflict() {
    tell(say("conflict"), true);
    const shown = one("[data-conflict]", form);
    const page = shown && await fetchPage(shown.dataset.conflict).catch(() => null);
    const found = page?.getElementById(shown.id);
    if (found) { shown.replaceChildren(...document.importNode(found, true).childNodes); shown.hidden = false; }
  }
  form.addEventListener("input", () => { since ||= now(); later(QUIET_MS); });
  form.addEventListener("change", () => later(0));
  form.addEventListener("focusout", () => later(0));
  form.addEventListener("submit", () => { isOver = true; });
  addEventListener("pageshow", () => { isOver = false; });
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  addEventListener("beforeunload", (event) => { if (isDirty()) event.preventDefault(); });
  return isDirty;
}

// The offset of a zone at a time, by asking twice: near a change of clocks the first may be wrong.
function inUtc(day, time, zone) {
  const local = Date.parse(`${day}T${time}Z`);
  const offset = (at) => {
    const form = new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short", timeStyle: "medium", hourCycle: "h23" });
    return Date.parse(`${form.format(at).replace(", ", "T")}Z`) - at;
  };
  return local - offset(local - offset(local));
}

function echo(group) {
  const [day, time, zone] = all("input, select", group).map((field) => field.value);
  const at = day && time && zone ? inUtc(day, time, zone) : NaN;
  one("[data-zoned-utc]", group).textContent = Number.isNaN(at) ? "" : `= ${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

export function startForms() {
  const kept = all("[data-autosave]").map(keep);
  rights.isTyped = () => kept.some((isDirty) => isDirty());
  for (const group of all("[data-zoned]")) {
    group.addEventListener("input", () => echo(group));
    echo(group);
  }
  for (const field of all("[data-from-hash]")) {
    field.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname + location.search);
  }
}
