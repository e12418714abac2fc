import * as Tooltip from "@radix-ui/react-tooltip";
import { lazy, Suspense, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { flushSync } from "react-dom";
import type { LiveFeed } from "../data/live-feed.ts";
import type { PlanDocument, Survival } from "../../../src/plan/index.ts";
import { useDrains } from "../data/use-drains.ts";
import { useJson, type Resource } from "../data/resource.ts";
import type { SimulationResult } from "../../../src/simulate/index.ts";
import { buildBoard } from "../model/board.ts";
import { planInPeriod } from "../model/period.ts";
import { Notice } from "../ui/Notice.tsx";
import { MapPage } from "../views/MapPage.tsx";
import { findFieldId } from "../views/SiteTable.tsx";
import { RequestsPage } from "../views/RequestsPage.tsx";
import { UnservedPage } from "../views/UnservedPage.tsx";
import { Header } from "./Header.tsx";
import { Headline } from "./Headline.tsx";
import { ShortcutsDialog } from "./ShortcutsDialog.tsx";
import { toggleTheme } from "./theme.ts";
import { useShortcuts } from "./use-shortcuts.ts";
import { showView, useViewState } from "./view-state.ts";
import { views } from "./view-query.ts";

// These draw charts, and the charts are most of the code of the console.
const CostPage = lazy(() => import("../views/CostPage.tsx"));
const LedgerPage = lazy(() => import("../views/LedgerPage.tsx"));
const PlanPage = lazy(() => import("../views/PlanPage.tsx"));
const ServicePage = lazy(() => import("../views/ServicePage.tsx"));

/** A simulation may still be running when the page opens. */
const simulationRetryMs = 5000;

const noSimulation: Resource<SimulationResult> = { state: "missing" };

export function App({ feed }: { readonly feed: LiveFeed }) {
  const plan = useJson<PlanDocument>("/console/plan.json");
  if (plan.state === "loading") return <p className="boot">Loading the plan …</p>;
  if (plan.state === "missing") {
    return (
      <main className="boot">
        <Notice title="There is no plan here yet.">
          Make one with <code>disperse plan scenario.yaml</code>, or see the example with <code>disperse demo</code>.
        </Notice>
      </main>
    );
  }
  if (plan.state === "failed") {
    return (
      <main className="boot">
        <Notice title="The plan could not be loaded.">{plan.message}</Notice>
      </main>
    );
  }
  return <Console plan={plan.value} feed={feed} />;
}

function Console({ plan, feed }: { readonly plan: PlanDocument; readonly feed: LiveFeed }) {
  const simulated = useJson<SimulationResult>("/console/simulation.json", simulationRetryMs);
  const survival = useJson<Survival>("/console/survival.json");
  const live = useSyncExternalStore(feed.subscribe, feed.snapshot);
  const drains = useDrains();
  const state = useViewState();
  const [help, setHelp] = useState(false);
  const shown = useMemo(() => planInPeriod(plan, state.period), [plan, state.period]);
  const board = useMemo(() => buildBoard(shown), [shown]);
  // What was simulated is the period that is served; it says nothing about another one.
  const simulation = shown === plan ? simulated : noSimulation;
  const step = (by: number) => {
    const { openSites } = board;
    if (openSites.length === 0) return;
    const at = openSites.findIndex((view) => view.site.id === state.site);
    const next = at < 0 ? (by > 0 ? 0 : openSites.length - 1) : (at + by + openSites.length) % openSites.length;
    showView({ view: "map", site: openSites[next]!.site.id });
  };
  useShortcuts({
    ...Object.fromEntries(views.map((view, index) => [String(index + 1), () => showView({ view })])),
    t: () => showView({ view: "map", table: !state.table }),
    "/": () => {
      // Drawn at once: a letter typed before the field has the focus would be taken for a shortcut.
      flushSync(() => showView({ view: "map", table: true }));
      document.getElementById(findFieldId)?.focus();
    },
    n: () => step(1),
    p: () => step(-1),
    d: toggleTheme,
    // Elsewhere the space bar scrolls.
    ...((state.view === "map" || state.view === "requests") && { " ": () => feed.setPaused(!live.paused) }),
    "?": () => setHelp(true),
    Escape: () => showView(state.request !== null ? { request: null } : { site: null }),
  });
  useEffect(() => {
    document.title = `${plan.world.name} · Disperse`;
  }, [plan]);

  return (
    <Tooltip.Provider delayDuration={300}>
      <Header board={board} live={live} drained={drains.length} view={state.view} onHelp={() => setHelp(true)} />
      <main className={`view-${state.view}`}>
        <Headline board={board} simulation={simulation} survival={survival} />
        <Suspense fallback={<p className="muted page">Loading …</p>}>
          {state.view === "map" && (
            <MapPage board={board} simulation={simulation} live={live} feed={feed} drains={drains} state={state} />
          )}
          {state.view === "cost" && <CostPage board={board} />}
          {state.view === "service" && <ServicePage board={board} simulation={simulation} />}
          {state.view === "unserved" && <UnservedPage board={board} />}
          {state.view === "plan" && <PlanPage board={board} />}
          {state.view === "ledger" && <LedgerPage board={board} span={state.span} />}
          {state.view === "requests" && <RequestsPage board={board} live={live} feed={feed} request={state.request} />}
        </Suspense>
      </main>
      <ShortcutsDialog open={help} onOpenChange={setHelp} />
    </Tooltip.Provider>
  );
}
