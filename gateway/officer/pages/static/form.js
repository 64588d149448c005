// Forms that lose no typed word, and times that are echoed in UTC.
import { all, fetchPage, now, one, say, send, timeOfDay, typed } from "./page.js";

const CHANGE_MS = 24 * 3600 * 1000, QUIET_MS = 2000, AGAIN_MS = 15000;
const MOST_MS = 3000; // for whoever types without a pause
const KEEPALIVE_BYTES = 60000; // browsers send no more after a page is left

function fieldsOf(form) {
  const kept = ([name, value]) => typeof value === "string" && name !== "csrf" && name !== "version";
  return String(new URLSearchParams([...new FormData(form)].filter(kept)));
}

function keep(form) {
  const place = one("[data-saved]", form);
  let saved = fieldsOf(form);
  let since = 0;
  let timer = 0;
  let work = null; // the save under way
  let [isFailing, isOver, isTyped] = [false, false, false]; // typed since the last save: trying again is no use of the desk
  const isDirty = () => !isOver && fieldsOf(form) !== saved;
  const later = (ms) => { clearTimeout(timer); timer = setTimeout(save, ms); };
  const tell = (text, isBad) => {
    place.textContent = text;
    place.classList.toggle("a35-saved--not", isBad);
  };

  async function save(isLeaving = false) {
    if (!isDirty()) return;
    if (work) return later(QUIET_MS);
    const fields = fieldsOf(form);
    const headers = { "Content-Type": "application/x-www-form-urlencoded", "If-Match": `"${form.dataset.version}"` };
    if (!isTyped) headers["X-A35-Unasked"] = "yes";
    work = send("PATCH", form.dataset.autosave, fields, headers, isLeaving).catch(() => null);
    isTyped = false;
    const answer = await work;
    work = null;
    isFailing = !answer?.ok || answer.redirected; // led to the lock: that page is there, the text is not kept
    if (answer?.status === 412) return conflict();
    if (isFailing) return tell(say("unsaved", { time: timeOfDay(since) }), true), later(AGAIN_MS);
    saved = fields;
    since = 0;
    form.dataset.version = (answer.headers.get("ETag") ?? form.dataset.version).replace(/^W\/|"/g, "");
    if (form.elements.version) form.elements.version.value = form.dataset.version;
    tell(say("saved", { time: timeOfDay(now()) }), false);
    if (isDirty()) later(QUIET_MS);
  }

  // Somebody else has saved: theirs is shown beside what stays in the form, nothing is sent again.
  async function conflict() {
    tell(say("conflict"), true);
    const shown = one("[data-conflict]", form);
    const page = shown && await fetchPage(shown.dataset.conflict).catch(() => null);
    const found = page?.getElementById(shown.id);
    if (!found) return;
    shown.replaceChildren(...document.importNode(found, true).childNodes);
    shown.hidden = false;
  }

  form.addEventListener("input", () => {
    [since, isTyped] = [since || now(), true];
    later(isFailing ? QUIET_MS : Math.min(QUIET_MS, since + MOST_MS - now()));
  });
  form.addEventListener("change", () => later(0));
  form.addEventListener("focusout", () => later(0));
  // A save under way changes the version that the form must name: it is waited for.
  form.addEventListener("submit", async (event) => {
    const isAgain = isOver;
    isOver = true;
    if (!work) return;
    event.preventDefault();
    if (isAgain) return;
    await work;
    setTimeout(() => form.requestSubmit(event.submitter));
  });
  addEventListener("pageshow", () => { isOver = false; });
  addEventListener("beforeunload", (event) => {
    if (isDirty() && (work || isFailing || fieldsOf(form).length > KEEPALIVE_BYTES)) event.preventDefault();
    else save(true);
  });
  typed.add(isDirty);
}

// A time that the zone's clocks showed twice or never is not guessed: the check asks for the offset.
function inUtc(local, timeZone) {
  const offset = (at) => Date.parse(`${new Intl.DateTimeFormat("sv", { timeZone, dateStyle: "short", timeStyle: "medium" }).format(at).replace(" ", "T")}Z`) - at;
  const found = new Set([-CHANGE_MS, CHANGE_MS].map((near) => local - offset(local + near)).filter((at) => at + offset(at) === local));
  return found.size === 1 ? new Date([...found][0]).toISOString().slice(0, 16).replace("T", " ") : "";
}

// Day, time, zone; or day, month, year, time and maybe a zone, else that of the field it names.
function echo(group) {
  const typed = all("input, select", group).map((field) => field.value.trim());
  const [day, time, own] = typed.length > 3 ? [typed[2] ? `${typed[2]}-${typed[1].padStart(2, "0")}-${typed[0].padStart(2, "0")}` : typed[0], typed[3], typed[4]] : typed;
  let [zone, text] = [own || document.getElementById(group.dataset.zoned)?.value.trim() || "", ""];
  try { text = zone && inUtc(Date.parse(`${day}T${time.padStart(5, "0")}Z`), zone === "Z" ? "UTC" : zone); } catch { /* no such zone, or no time yet */ }
  one("[data-zoned-utc]", group).textContent = text && `= ${text} UTC`;
}

export function startForms() {
  all("[data-autosave]").forEach(keep);
  document.addEventListener("input", () => all("[data-zoned]").forEach(echo));
  all("[data-zoned]").forEach(echo);
  for (const field of all("[data-from-hash]")) {
    field.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname + location.search);
  }
}
