/** What is on the screen, held in the URL: a copied address shows the same thing. */
import { useSyncExternalStore } from "react";

export const views = ["map", "cost", "service", "unserved", "requests"] as const;
export type View = (typeof views)[number];

export interface ViewState {
  readonly view: View;
  /** Table twin instead of the map. */
  readonly table: boolean;
  /** Site id. */
  readonly site: string | null;
  /** Workload id the flows are restricted to. */
  readonly workload: string | null;
  /** Request id whose route is being explained. */
  readonly request: string | null;
  /** Map position as `longitude,latitude,zoom`. */
  readonly camera: string | null;
}

export function parseViewState(search: string): ViewState {
  const query = new URLSearchParams(search);
  const view = query.get("view");
  return {
    view: views.find((name) => name === view) ?? "map",
    table: query.get("as") === "table",
    site: query.get("site"),
    workload: query.get("workload"),
    request: query.get("request"),
    camera: query.get("at"),
  };
}

export function formatViewState(state: ViewState): string {
  const query = new URLSearchParams();
  if (state.view !== "map") query.set("view", state.view);
  if (state.table) query.set("as", "table");
  if (state.workload !== null) query.set("workload", state.workload);
  if (state.site !== null) query.set("site", state.site);
  if (state.request !== null) query.set("request", state.request);
  if (state.camera !== null) query.set("at", state.camera);
  const text = query.toString().replaceAll("%2C", ",");
  return text === "" ? "" : `?${text}`;
}

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
