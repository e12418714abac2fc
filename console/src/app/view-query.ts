/** What is on the screen, written as the query of the URL: a copied address shows the same thing. */

export const views = ["map", "cost", "service", "unserved", "requests", "plan", "ledger"] as const;
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
  /** Period id, of a plan of several; the first when null. */
  readonly period: string | null;
  /** How far the ledger is looked back through; a week when null. */
  readonly span: string | null;
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
    period: query.get("period"),
    span: query.get("span"),
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
  if (state.period !== null) query.set("period", state.period);
  if (state.span !== null) query.set("span", state.span);
  if (state.camera !== null) query.set("at", state.camera);
  const text = query.toString().replaceAll("%2C", ",");
  return text === "" ? "" : `?${text}`;
}
