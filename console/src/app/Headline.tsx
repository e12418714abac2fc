import type { ReactNode } from "react";
import type { Resource } from "../data/resource.ts";
import type { Survival } from "../../../src/plan/index.ts";
import type { SimulationResult } from "../../../src/simulate/index.ts";
import { attainmentGrid, overallAttainment } from "../model/attainment.ts";
import type { Board } from "../model/board.ts";
import { milliseconds, percent, usd, usdPerYear } from "../model/format.ts";
import { centralisedComparison } from "../model/comparison.ts";
import { isFirstPeriod, periodIds } from "../model/period.ts";
import { Meter } from "../ui/Meter.tsx";
import { showView } from "./view-state.ts";

/** Less than a cent a year is what a solver's tolerance leaves. */
const leastPenaltyUsd = 0.01;

/** The plan in five figures. */
export function Headline({
  board,
  simulation,
  survival,
}: {
  readonly board: Board;
  readonly simulation: Resource<SimulationResult>;
  readonly survival: Resource<Survival>;
}) {
  const { plan } = board;
  const central = centralisedComparison(board);
  const penaltyUsd = (plan.cost?.byItem.unserved ?? 0) + (plan.cost?.byItem["training-unserved"] ?? 0);
  const physics = board.workloads.filter((workload) => workload.physicsRatio > 0);
  return (
    <section className="headline" aria-label="Summary">
      <Tile label="Annual cost" value={usdPerYear(plan.objectiveUsdPerYear)}>
        <p>{central}</p>
        {penaltyUsd >= leastPenaltyUsd && <p>Of it {usd(penaltyUsd)} for unserved demand</p>}
      </Tile>
      <Tile label="Proven gap" value={percent(plan.horizon ? plan.horizon.relativeGap : plan.relativeGap)}>
        {plan.horizon
          ? `All periods together: no plan has a present cost below ${usd(plan.horizon.boundUsd)}.`
          : `No plan can cost less than ${usd(plan.bestBoundUsdPerYear)}.`}
      </Tile>
      <Tile label="Peak demand served" value={percent(board.servedRatio)}>
        <ul className="tile-bars">
          {board.workloads.map((workload) => (
            <li key={workload.id}>
              <span className="tile-bar-label">{workload.name}</span>
              <Meter ratio={workload.servedRatio} label={`${workload.name} served`} />
              <span className="figure">{percent(workload.servedRatio)}</span>
            </li>
          ))}
        </ul>
        {survival.state === "ready" && <SurvivalNote board={board} survival={survival.value} />}
      </Tile>
      <Tile
        label="Infeasible by physics"
        value={percent(board.physicsRatio)}
        onOpen={physics.length > 0 ? () => showView({ view: "unserved" }) : undefined}
      >
        {physics.length === 0 ? (
          "With sites near enough, every first-token budget could be met."
        ) : (
          <>
            <ul className="tile-list">
              {physics.map((workload) => (
                <li key={workload.id}>
                  <span className="tile-bar-label">
                    {workload.name} {milliseconds(workload.budgetMs)}, {accessesOf(board, workload.id)}
                  </span>
                  <span className="figure">{percent(workload.physicsRatio)}</span>
                </li>
              ))}
            </ul>
            <p>Even a site next door would be too late.</p>
          </>
        )}
      </Tile>
      <SimulatedTile board={board} simulation={simulation} />
    </section>
  );
}

/** What the loss of a place would take from those who are served, where the plan was to survive it. */
function SurvivalNote({ board, survival }: { readonly board: Board; readonly survival: Survival }) {
  const { world } = board;
  if (survival.ratio === 0) {
    return (
      <p>
        Whatever single {world.limits.resilience === "zone" ? "site or zone" : "site"} is lost, it has somewhere to go.
      </p>
    );
  }
  const when = periodIds(board.plan).length > 1 ? ` in ${world.periods[survival.period]!.id}` : "";
  return (
    <p className="tile-warning">
      The loss of {nameOfFailure(board, survival.failure)}
      {when} would leave {percent(survival.ratio)} of it with nowhere to go.
    </p>
  );
}

/** Places have names, and their ids are for files and commands. */
function nameOfFailure({ world }: Board, failure: string): string {
  const site = world.sites.find(({ id }) => failure === `site ${id}`);
  return site === undefined ? failure : `site ${site.name}`;
}

/** The kinds of access over which a workload is infeasible: `cable, 5G`. */
function accessesOf({ plan, world }: Board, workload: string): string {
  const ids = plan.unserved.filter((entry) => entry.workload === workload && entry.reason === "physics");
  // Only the first word: "cable (DOCSIS)" and "5G mobile" are too long for a summary.
  const names = ids.map(
    ({ access }) => world.accessTypes.find(({ id }) => id === access)?.name.split(" ")[0] ?? access,
  );
  return names.join(", ");
}

function SimulatedTile({
  board,
  simulation,
}: {
  readonly board: Board;
  readonly simulation: Resource<SimulationResult>;
}) {
  if (simulation.state !== "ready") {
    return (
      <Tile label="Budget kept, simulated" value="–">
        {simulation.state === "loading"
          ? "Loading …"
          : isFirstPeriod(board.plan)
            ? "No simulation of this plan yet."
            : "This period was not simulated."}
      </Tile>
    );
  }
  const rows = attainmentGrid(board, simulation.value);
  const { arrived, rejected } = simulation.value.requests;
  const missed = rows.filter((row) => row.all && !row.all.met);
  return (
    <Tile
      label="Budget kept, simulated"
      value={percent(overallAttainment(simulation.value))}
      onOpen={() => showView({ view: "service" })}
    >
      <p>
        {missed.length === 0
          ? "Every workload reaches its target"
          : `Below target: ${missed.map((row) => row.workload.name).join(", ")}`}
      </p>
      {arrived > 0 && rejected > 0 && <p>Of what was taken; {percent(rejected / arrived)} was refused</p>}
    </Tile>
  );
}

function Tile(props: {
  readonly label: string;
  readonly value: string;
  readonly children: ReactNode;
  readonly onOpen?: (() => void) | undefined;
}) {
  return (
    <div className="tile">
      <h2 className="tile-label">
        {props.onOpen ? (
          <button type="button" className="tile-open" onClick={props.onOpen}>
            {props.label}
          </button>
        ) : (
          props.label
        )}
      </h2>
      <p className="tile-value">{props.value}</p>
      <div className="tile-note">{props.children}</div>
    </div>
  );
}
