// Passkeys: enrolling, signing in, approving. The browser's own readers of options; no helper.
import { all, make, one, say, send } from "./page.js";

const Key = window.PublicKeyCredential;

async function ask(form) {
  const answer = await send("POST", form.dataset.options, new URLSearchParams(new FormData(form)));
  const { publicKey, ...options } = await answer.json();
  const given = publicKey ?? options;
  const credential = form.dataset.passkey === "register"
    ? await navigator.credentials.create({ publicKey: Key.parseCreationOptionsFromJSON(given) })
    : await navigator.credentials.get({ publicKey: Key.parseRequestOptionsFromJSON(given) });
  return JSON.stringify(credential.toJSON());
}

export function startPasskeys() {
  for (const form of all("[data-passkey]")) {
    const problem = one("[data-passkey-problem]", form);
    const tell = (key) => { problem.textContent = say(key); problem.hidden = false; };
    if (!Key?.parseRequestOptionsFromJSON) { tell("passkey_missing"); continue; }
    form.addEventListener("submit", async (event) => {
      const button = event.submitter;
      if (button && "plain" in button.dataset) return;
      event.preventDefault();
      problem.hidden = true;
      try {
        form.elements.assertion.value = await ask(form);
        if (button?.name) form.append(make("input", "", { type: "hidden", name: button.name, value: button.value }));
        form.submit();
      } catch {
        tell("passkey_failed");
      }
    });
  }
}
