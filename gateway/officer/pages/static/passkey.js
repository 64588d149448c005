// Passkeys: enrolling, signing in, approving. The browser's own readers of options; no helper.
import { all, one, say, send } from "./page.js";

async function ask(form) {
  const answer = await send("POST", form.dataset.options, new URLSearchParams(new FormData(form)));
  if (!answer.ok) throw new Error(String(answer.status));
  const options = await answer.json();
  const publicKey = options.publicKey ?? options;
  const given = form.dataset.passkey === "register"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
  return JSON.stringify(given.toJSON());
}

export function startPasskeys() {
  const isKnown = window.PublicKeyCredential?.parseRequestOptionsFromJSON !== undefined;
  for (const form of all("[data-passkey]")) {
    const problem = one("[data-passkey-problem]", form);
    const tell = (key) => { problem.textContent = say(key); problem.hidden = false; };
    if (!isKnown) tell("passkey_missing");
    form.addEventListener("submit", async (event) => {
      if (event.submitter?.dataset.plain !== undefined || !isKnown) return;
      event.preventDefault();
      problem.hidden = true;
      try {
        form.elements.assertion.value = await ask(form);
        if (event.submitter?.name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: event.submitter.name, value: event.submitter.value }));
        form.submit();
      } catch {
        tell("passkey_failed");
      }
    });
  }
}
