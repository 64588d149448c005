// An emergency that nobody opened is heard every 20 s, in one tab, until it is opened or muted.
import { all, one, rights, say, send } from "./page.js";
import { refresh } from "./live.js";

const EVERY_MS = 20000;
let audio = null;
let isOn = document.body.dataset.sound === "on";

function tone() {
  if (audio?.state !== "running") return;
  for (const [start, pitch] of [[0, 880], [0.25, 660], [0.5, 880]]) {
    const wave = new OscillatorNode(audio, { frequency: pitch, type: "square" });
    const level = new GainNode(audio, { gain: 0.12 });
    wave.connect(level).connect(audio.destination);
    wave.start(audio.currentTime + start);
    wave.stop(audio.currentTime + start + 0.2);
  }
  document.body.dataset.rang = String(Number(document.body.dataset.rang ?? 0) + 1);
}

const isWaiting = () => isOn && one("[data-emergency]:not([data-muted])") !== null;

function show() {
  const key = !isOn ? "sound_off" : audio?.state === "running" ? "sound_on" : "sound_waits";
  for (const each of all("[data-sound-toggle]")) {
    each.textContent = say(key);
    each.setAttribute("aria-pressed", String(isOn));
  }
}

// Browsers let a page sound only once somebody has used it.
async function wake() {
  audio ??= new AudioContext();
  if (audio.state !== "running") await audio.resume().catch(() => {});
  show();
  if (audio.state !== "running" || wake.isDone) return;
  wake.isDone = true;
  navigator.locks.request("a35-sound", () => {
    if (isWaiting()) tone();
    setInterval(() => { if (isWaiting()) tone(); }, EVERY_MS);
    return new Promise(() => {});
  });
}

export function startAlarm() {
  if (!one("[data-sound-toggle]")) return;
  show();
  if (navigator.userActivation?.hasBeenActive) wake();
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, wake, { capture: true });
  document.addEventListener("click", async ({ target }) => {
    if (target.closest("[data-sound-test]")) wake().then(tone);
    if (target.closest("[data-notify]")) Notification.requestPermission();
    if (!target.closest("[data-sound-toggle]")) return;
    isOn = !isOn;
    show();
    send("POST", "/settings/sound", new URLSearchParams({ csrf: rights.csrf, sound: isOn ? "on" : "off" })).catch(() => {});
  });
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-mute]");
    if (!form) return;
    event.preventDefault();
    form.closest("[data-emergency]").dataset.muted = "";
    const answer = await send("POST", form.action, new URLSearchParams(new FormData(form))).catch(() => null);
    if (answer?.ok) refresh("emergency");
    else delete form.closest("[data-emergency]")?.dataset.muted;
  });
  document.addEventListener("a35:event", ({ detail }) => {
    if (detail !== "emergency") return;
    setTimeout(() => { if (isWaiting() && wake.isDone) tone(); }, 1500);
    if (document.hidden && window.Notification?.permission === "granted") new Notification(say("notification"), { tag: "a35" });
  });
}
