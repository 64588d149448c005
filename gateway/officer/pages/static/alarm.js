// An emergency that nobody opened is heard every 20 s, in one tab, until it is opened or muted.
import { all, announce, one, say, send } from "./page.js";
import { refresh } from "./live.js";

const EVERY_MS = 20000;
const others = new BroadcastChannel("a35-alarm"); // another tab may be the one that rings
const { dataset } = document.body;
let audio = null;
let isOn = dataset.sound === "on";
let isRinger = false;

const isWaiting = () => isOn && one("[data-emergency]:not([data-muted])") !== null;

function tone() {
  if (audio?.state !== "running") return;
  for (const [start, frequency] of [[0, 880], [0.25, 660], [0.5, 880]]) {
    const wave = new OscillatorNode(audio, { frequency, type: "square" });
    wave.connect(new GainNode(audio, { gain: 0.12 })).connect(audio.destination);
    wave.start(audio.currentTime + start);
    wave.stop(audio.currentTime + start + 0.2);
  }
  dataset.rang = Number(dataset.rang ?? 0) + 1;
}

const ring = () => { if (isWaiting()) tone(); };

function show() {
  for (const each of all("[data-sound-toggle]")) {
    each.textContent = say(!isOn ? "sound_off" : audio?.state === "running" ? "sound_on" : "sound_waits");
    each.setAttribute("aria-pressed", String(isOn));
  }
}

// Browsers let a page sound only once somebody has used it, or the page before it.
async function wake() {
  audio ??= new AudioContext();
  if (audio.state !== "running") await audio.resume();
  show();
  if (isRinger) return;
  isRinger = true;
  navigator.locks.request("a35-sound", () => {
    ring();
    setInterval(ring, EVERY_MS);
    return new Promise(() => {});
  });
}

async function mute(form) {
  const { dataset: emergency } = form.closest("[data-emergency]");
  emergency.muted = "";
  const answer = await send("POST", form.action, new URLSearchParams(new FormData(form))).catch(() => null);
  if (!answer?.ok) return delete emergency.muted;
  others.postMessage({ muted: emergency.emergency });
  refresh("emergency");
}

export function startAlarm() {
  if (!one("[data-sound-toggle]")) return;
  show();
  if (navigator.userActivation?.hasBeenActive) wake();
  for (const kind of ["click", "keydown"]) document.addEventListener(kind, wake, { capture: true }); // pointerdown moved what was pressed
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-sound-test]")) wake().then(tone);
    if (target.closest("[data-notify]")) Notification.requestPermission();
    if (!target.closest("[data-sound-toggle]")) return;
    isOn = !isOn;
    show();
    others.postMessage({ isOn });
    send("POST", "/settings/sound", new URLSearchParams({ csrf: dataset.csrf, sound: isOn ? "on" : "off" }));
  });
  others.onmessage = ({ data }) => {
    if (!data.muted) return isOn = data.isOn, show();
    for (const { dataset: each } of all("[data-emergency]")) if (each.emergency === data.muted) each.muted = "";
    refresh("emergency");
  };
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-mute]")) return;
    event.preventDefault();
    mute(event.target);
  });
  const waiting = () => all("[data-emergency]").map((each) => each.dataset.emergency);
  let known = new Set(waiting());
  document.addEventListener("a35:swapped", () => {
    const isNew = waiting().some((mid) => !known.has(mid));
    known = new Set(waiting());
    if (!isNew) return;
    announce(say("notification"), true);
    if (isRinger) ring();
    if (document.hidden && window.Notification?.permission === "granted") new Notification(say("notification"), { tag: "a35" });
  });
}
