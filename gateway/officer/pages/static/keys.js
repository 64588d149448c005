// Keys for lists and for what pages are about; off if the person says so, never inside fields.
import { all, one } from "./page.js";

function step(by) {
  const rows = all("[data-row]");
  const at = rows.indexOf(document.activeElement?.closest?.("[data-row]"));
  const row = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];
  if (!row) return;
  row.tabIndex = -1;
  row.focus();
  row.scrollIntoView({ block: "nearest" });
}

export function startKeys() {
  if (document.body.dataset.shortcuts !== "on") return;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat && !"jk".includes(event.key)) return;
    if (event.target.closest("input, textarea, select, dialog, [contenteditable]")) return;
    if (event.key === "j" || event.key === "k") return step(event.key === "j" ? 1 : -1);
    const row = event.target.matches("[data-row]") ? event.target : null;
    if (event.key === "Enter" && row) return location.assign(row.dataset.row);
    if (event.key === "?") return one("[data-keys-dialog]")?.showModal();
    const goal = "cr/".includes(event.key) && one(`[data-key="${event.key}"]`);
    if (!goal) return;
    event.preventDefault();
    if (goal.matches("input, textarea, select")) goal.focus();
    else goal.click();
  });
}
