import * as Dialog from "@radix-ui/react-dialog";
import type { Decision, Target } from "../../../src/route/index.ts";
import { showView } from "../app/view-state.ts";
import { useJson, type Resource } from "../data/resource.ts";
import type { Board } from "../model/board.ts";
import { milliseconds, percent, usd } from "../model/format.ts";
import { refusalName, tierNames } from "../model/names.ts";
import { BudgetBar } from "../ui/BudgetBar.tsx";
import { CloseButton } from "../ui/CloseButton.tsx";
import { Notice } from "../ui/Notice.tsx";
import { TierMark } from "../ui/TierMark.tsx";

/** Answer of `GET /v1/routes/{id}`. */
interface RouteExplanation extends Pick<Decision, "target" | "fallbacks" | "rejected"> {
  readonly id: string;
  readonly workload: string;
  readonly area: string;
  readonly access: string;
  readonly slo: string;
  readonly budget_ms: number;
}

/** Why a request went where it went: the terms of the choice, what came next, and who was turned down why. */
export function RouteDrawer({ board, id }: { readonly board: Board; readonly id: string | null }) {
  return (
    <Dialog.Root open={id !== null} onOpenChange={(open) => !open && showView({ request: null })}>
      <Dialog.Portal>
        <Dialog.Overlay className="dialog-overlay" />
        <Dialog.Content className="drawer" aria-describedby={undefined}>
          <header className="panel-head">
            <div>
              <Dialog.Title>Why this route</Dialog.Title>
              <p className="muted mono">{id}</p>
            </div>
            <CloseButton label="Close" onClick={() => showView({ request: null })} />
          </header>
          {id !== null && <Explanation key={id} board={board} id={id} />}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Explanation({ board, id }: { readonly board: Board; readonly id: string }) {
  const route: Resource<RouteExplanation> = useJson<RouteExplanation>(`/v1/routes/${encodeURIComponent(id)}`);
  if (route.state === "loading") return <p className="muted">Loading …</p>;
  if (route.state === "missing")
    return <Notice title="No longer kept.">The gateway explains its latest requests only.</Notice>;
  if (route.state === "failed") return <Notice title="The explanation could not be loaded.">{route.message}</Notice>;
  const { target, fallbacks, rejected, budget_ms, slo, access } = route.value;
  const area = board.world.areas.find((entry) => entry.id === route.value.area);
  const workload = board.world.workloads.find((entry) => entry.id === route.value.workload);
  return (
    <>
      <p>
        {workload?.name ?? route.value.workload} from {area?.name ?? route.value.area} over{" "}
        {board.world.accessTypes.find((entry) => entry.id === access)?.name ?? access}, first token within{" "}
        {milliseconds(budget_ms)}
        {slo === "best-effort" && " (best effort: the budget was waived)"}.
      </p>
      {target ? <Chosen target={target} budgetMs={budget_ms} /> : <Notice title="No engine could take it." />}
      {fallbacks.length > 0 && (
        <div className="card">
          <h3>Would have come next</h3>
          <ul className="plain-list">
            {fallbacks.map((next) => (
              <li key={next.pool}>
                <span className="with-mark">
                  <TierMark tier={next.tier} /> {next.siteName}
                </span>
                <span className="figure">
                  {milliseconds(next.terms.ttftMs)} <span className="muted">{percent(next.terms.missRatio)} late</span>
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
      {rejected.length > 0 && (
        <div className="card">
          <h3>
            Turned down <span className="muted">{rejected.length}</span>
          </h3>
          <ul className="rejections">
            {rejected.map((rejection) => (
              <li key={`${rejection.site} ${rejection.pool}`}>
                <strong>{board.world.sites.find((site) => site.id === rejection.site)?.name ?? rejection.site}</strong>
                <span className="tag">{refusalName(rejection.reason)}</span>
                <span className="muted">{rejection.detail}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

function Chosen({ target, budgetMs }: { readonly target: Target; readonly budgetMs: number }) {
  const { terms } = target;
  const parts = [
    { label: "Network", ms: terms.rttMs, color: "var(--item-0)" },
    { label: "Queue", ms: terms.queueMs, color: "var(--item-5)" },
    { label: "Prefill", ms: terms.prefillMs, color: "var(--item-2)" },
  ];
  return (
    <div className="card">
      <h3>
        <span className="with-mark">
          <TierMark tier={target.tier} /> {target.siteName}
        </span>
        <span className="muted">
          {tierNames[target.tier]} · {target.country}
        </span>
      </h3>
      <BudgetBar parts={parts} budgetMs={budgetMs} />
      <dl className="facts">
        <div>
          <dt>First token, expected</dt>
          <dd>
            {milliseconds(terms.ttftMs)} <span className="muted">of {milliseconds(budgetMs)}</span>
          </dd>
        </div>
        <div>
          <dt>Chance of missing it</dt>
          <dd>{percent(terms.missRatio)}</dd>
        </div>
        <div>
          <dt>Egress, per million requests</dt>
          <dd>{usd(terms.egressUsd * 1e6)}</dd>
        </div>
        <div>
          <dt>Energy, per million requests</dt>
          <dd>{usd(terms.energyUsd * 1e6)}</dd>
        </div>
      </dl>
      {!terms.loadKnown && (
        <p className="muted small">The load of this engine was not known afresh; the choice assumed the worst.</p>
      )}
    </div>
  );
}
