// A live part gives way to its newer self, but never under the hand that uses it.
import { all, isChanged } from "./page.js";

// What the components note on what they have begun is no difference.
function bare(part) {
  const copy = part.cloneNode(true);
  for (const each of [copy, ...all("[data-module]", copy)]) each.getAttributeNames().filter((name) => /^data-.*-init$/.test(name)).forEach((name) => each.removeAttribute(name));
  return copy;
}

export const isSame = (place, found) => bare(place).isEqualNode(found);
export const isInUse = (place) => all("textarea, input, select", place).some((field) => field === document.activeElement || (field.matches("textarea, input") && isChanged(field)));

export function keepOpen(place, found) {
  const before = all("details", place);
  all("details", found).slice(0, before.length).forEach((each, n) => { each.open = before[n].open; });
}

export function replace(place, found) {
  const focusable = "a, button, summary, [tabindex]";
  const at = all(focusable, place).indexOf(document.activeElement);
  const shown = document.importNode(found, true);
  shown.hidden = place.hidden;
  place.replaceWith(shown);
  if (at >= 0) all(focusable, shown)[at]?.focus();
  document.dispatchEvent(new CustomEvent("a35:swapped", { detail: shown }));
  return shown;
}
