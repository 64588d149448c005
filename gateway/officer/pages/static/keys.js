// Keys for lists and for what pages are about; off if the person says so, never inside fields.
import { all, one } from "./page.js";

function step(by) {
  const rows = all("[data-row]");
  const at = rows.indexOf(document.activeElement.closest("[data-row]"));
  const row = at < 0 ? rows.at(by > 0 ? 0 : -1) : rows[at + by];
  if (!row) return;
  row.tabIndex = -1;
  row.focus();
}

export function startKeys() {
  if (document.body.dataset.shortcuts !== "on") return;
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (target.closest("input, textarea, select, dialog")) return;
    if (key === "j" || key === "k") return step(key === "j" ? 1 : -1);
    if (key === "Enter" && target.matches("[data-row]")) return location.assign(target.dataset.row);
    if (key === "?") return one("[data-keys-dialog]").showModal();
    const goal = ["c", "r", "/"].includes(key) && one(`[data-key="${key}"]`);
    if (!goal) return;
    event.preventDefault();
    if (goal.matches("input, textarea, select")) goal.focus();
    else goal.click();
  });
}
