/* The script of the desk's pages: plain modules, text by textContent only, no policy of Trusted
   Types. Without it everything works but live updates, passkeys, uploads in parts and sound.
   What pages may say, beside what filters and macros write by themselves:

   data-live="receipt message.state"  with an id: fetched anew and swapped when such an event comes;
                            "file" comes after an upload here, "*" is every event. Waits while a field inside is used.
     data-fragment="/path"  from there instead of from this page (same id there)
     data-live-hold         not swapped: a button says that there is something new
   data-once                on body: shown once, as an answer to a POST; only its frame is fetched anew
   data-refresh             on body: everything live is fetched each 15 s, without events
   data-row="/messages/ID"  on a row: j, k and Enter
   data-key="c"             on a link, button or field: c, r or / does it
   data-autosave="/drafts/ID" data-version="3"  on a form: PATCH of its fields as a form, with
                            X-CSRF-Token and If-Match; 2xx gives the next version as ETag
     data-saved             inside: where it says so
     data-conflict="/path" hidden  with an id: filled from there after a 412
   data-zoned, data-zoned-utc  day, time and zone; the time in UTC
   data-passkey="register|signin|approve" data-options="/path"  on a form: POST there gives options
                            as JSON; the answer goes into its field `assertion`, then it is posted
     data-plain             on a button inside: posts without a passkey
   data-from-hash           on a hidden field: the part of the address after #, once
   data-upload="/api/v1/drafts/ID/files"  on a file field: parts of 4 MiB, pause, resume
   data-mute="MID"          on a form that mutes an emergency for oneself
   data-notify, data-sound-test  on buttons: allow notifications of this browser; play the tone */
import { initAll } from "./vendor/govuk/govuk-frontend.min.js";
import { startAlarm } from "./alarm.js";
import { startClocks } from "./clock.js";
import { startForms } from "./form.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { startPasskeys } from "./passkey.js";
import { startUploads } from "./upload.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();
document.addEventListener("a35:swapped", ({ detail }) => initAll({ scope: detail }));
[startForms, startClocks, startKeys, startPasskeys, startUploads, startAlarm, startLive].forEach((start) => start());
