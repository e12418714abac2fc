/** What is on the screen. The URL holds it, so that a copied address shows the same thing. */
import { useSyncExternalStore } from "react";
import { formatViewState, parseViewState, type ViewState } from "./view-query.ts";

const listeners = new Set<() => void>();
let current = parseViewState(window.location.search);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

window.addEventListener("popstate", () => {
  current = parseViewState(window.location.search);
  for (const listener of listeners) listener();
});

/** Changes what is shown. Going to another view or site makes a step for the Back button; moving the map does not. */
export function showView(patch: Partial<ViewState>): void {
  const next = { ...current, ...patch };
  const step = next.view !== current.view || next.site !== current.site || next.request !== current.request;
  current = next;
  const url = window.location.pathname + formatViewState(next) + window.location.hash;
  if (step) window.history.pushState(null, "", url);
  else window.history.replaceState(null, "", url);
  for (const listener of listeners) listener();
}

export function useViewState(): ViewState {
  return useSyncExternalStore(subscribe, () => current);
}
