import { useCallback, useState, type ChangeEvent, type ReactNode } from "react";
import { Chart } from "../charts/Chart.tsx";
import type { ChartTheme } from "../charts/chart-theme.ts";
import { paretoOption, tornadoOption, variantsOption } from "../charts/study-options.ts";
import { count, percent, usd } from "../model/format.ts";
import { itemName } from "../model/names.ts";
import { openStudy, type Study } from "../model/studies.ts";
import { Notice } from "../ui/Notice.tsx";

type Shown = { readonly name: string; readonly study: Study } | { readonly name: string; readonly why: string };

/** Results of `compare`, `sensitivity`, `futures` and `diff`, opened from files; nothing is sent anywhere. */
export function Studies() {
  const [shown, setShown] = useState<readonly Shown[]>([]);
  const choose = async (event: ChangeEvent<HTMLInputElement>): Promise<void> => {
    const files = [...(event.target.files ?? [])];
    const read = files.map(async (file): Promise<Shown> => {
      const opened = openStudy(await file.text());
      return opened.ok ? { name: file.name, study: opened.study } : { name: file.name, why: opened.why };
    });
    setShown(await Promise.all(read));
  };
  return (
    <div className="card wide">
      <h3>Other questions about it</h3>
      <p className="muted">
        Open results written with <code>--json</code> by <code>disperse compare</code>, <code>sensitivity</code>,{" "}
        <code>sensitivity --pareto</code>, <code>futures</code> or <code>diff</code>. They stay in this browser.
      </p>
      <label className="file-choice">
        Results to show <input type="file" accept=".json,application/json" multiple onChange={(e) => void choose(e)} />
      </label>
      {shown.map((entry) => (
        <section key={entry.name} className="study" aria-label={entry.name}>
          {"why" in entry ? (
            <Notice title={`${entry.name} cannot be shown.`}>{entry.why}</Notice>
          ) : (
            <StudyView name={entry.name} study={entry.study} />
          )}
        </section>
      ))}
    </div>
  );
}

function StudyView({ name, study }: { readonly name: string; readonly study: Study }) {
  switch (study.format) {
    case "disperse/sensitivity/v1":
      return <Tornado name={name} study={study} />;
    case "disperse/pareto/v1":
      return <Pareto name={name} study={study} />;
    case "disperse/comparison/v1":
      return <Variants name={name} study={study} />;
    case "disperse/futures/v1":
      return <Futures name={name} study={study} />;
    case "disperse/diff/v1":
      return <Diff name={name} study={study} />;
  }
}

type Of<F extends Study["format"]> = { readonly name: string; readonly study: Extract<Study, { readonly format: F }> };

function Tornado({ name, study }: Of<"disperse/sensitivity/v1">) {
  const option = useCallback((theme: ChartTheme) => tornadoOption(theme, study), [study]);
  const ends = (figures: { readonly objectiveUsdPerYear: number } | null): string =>
    figures === null ? "no plan" : usd(figures.objectiveUsdPerYear);
  return (
    <>
      <h4>{name}: what moves the cost of the best plan</h4>
      <Chart
        option={option}
        label="Change of cost at the low and the high value of each parameter; the table below holds the figures"
        height={70 + 30 * study.swings.length}
      />
      <Table
        caption="Sensitivity"
        head={["Parameter", "Low", "Cost at low", "High", "Cost at high", "Swing", "Significance"]}
        rows={study.swings.map((swing) => [
          swing.name,
          String(swing.low.value),
          ends(swing.low.figures),
          String(swing.high.value),
          ends(swing.high.figures),
          usd(swing.swingUsdPerYear),
          swing.significant ? "" : "within the gaps",
        ])}
      />
    </>
  );
}

function Pareto({ name, study }: Of<"disperse/pareto/v1">) {
  const { points } = study;
  const option = useCallback((theme: ChartTheme) => paretoOption(theme, points), [points]);
  return (
    <>
      <h4>{name}: what serving in time costs</h4>
      <Chart option={option} label="Cost per year against the share of requests in time" height={280} />
      <Table
        caption="Cost and attainment"
        head={["In time", "Served", "Per year", "Gap", "Remark"]}
        rows={points.map((point) => [
          percent(point.attainedRatio),
          percent(point.figures.servedRatio),
          usd(point.figures.buildAndRunUsdPerYear),
          percent(point.figures.relativeGap),
          point.dominated ? "dominated" : "",
        ])}
      />
    </>
  );
}

function Variants({ name, study }: Of<"disperse/comparison/v1">) {
  const option = useCallback((theme: ChartTheme) => variantsOption(theme, study), [study]);
  return (
    <>
      <h4>{name}: variants</h4>
      <p>{study.verdict.sentence}</p>
      <Chart option={option} label="Cost per year of each variant by item" height={240} />
      <Table
        caption="Variants"
        head={["Variant", "Per year", "Proven", "Served", "Core", "Regional", "Edge"]}
        rows={study.variants.map(({ name: variant, figures }) => [
          variant,
          usd(figures?.objectiveUsdPerYear),
          usd(figures?.bestBoundUsdPerYear),
          percent(figures?.servedRatio),
          ...(figures?.openSites.map((entry) => count(entry.count)) ?? ["–", "–", "–"]),
        ])}
      />
    </>
  );
}

function Futures({ name, study }: Of<"disperse/futures/v1">) {
  const { evpi, vss } = study;
  return (
    <>
      <h4>{name}: one decision for several futures</h4>
      <p>
        {usd(study.expectedUsdPerYear)} a year in expectation, not below {usd(study.bestBoundUsdPerYear)}. Knowing the
        future is worth {usd(evpi?.usdPerYear)} a year, planning for all of them instead of their average{" "}
        {usd(vss?.usdPerYear)}.
      </p>
      <Table
        caption="Regret per year of each decision"
        head={["Decided for", "Expected", ...study.futures.map((future) => future.name), "Greatest regret"]}
        rows={study.decisions.map((decision) => [
          decision.name,
          usd(decision.expectedUsdPerYear),
          ...decision.outcomes.map((outcome) =>
            outcome.regretUsdPerYear === null ? "cannot be built" : usd(outcome.regretUsdPerYear),
          ),
          usd(decision.greatestRegretUsdPerYear),
        ])}
      />
    </>
  );
}

/** Changes listed one by one. */
const listedChanges = 40;

function Diff({ name, study }: Of<"disperse/diff/v1">) {
  const change = study.after.objectiveUsdPerYear - study.before.objectiveUsdPerYear;
  const moneyRows = study.items.filter((item) => item.before !== item.after);
  return (
    <>
      <h4>{name}: what differs between two plans</h4>
      <p>
        {change >= 0 ? "+" : "−"}
        {usd(Math.abs(change))} per year; {count(study.opened.length)} sites opened, {count(study.closed.length)}{" "}
        closed.
        {!study.sameInput && !study.optimaDiffer && " The difference lies within what the gaps leave unproven."}
      </p>
      <Table
        caption="Cost by item"
        head={["Item", "Before", "After"]}
        rows={moneyRows.map((item) => [itemName(item.name), usd(item.before), usd(item.after)])}
      />
      <Table
        caption="Modules that come and go"
        head={["Site", "Module", "Before", "After"]}
        rows={study.modules
          .slice(0, listedChanges)
          .map((entry) => [entry.site, entry.module, count(entry.before), count(entry.after)])}
      />
    </>
  );
}

function Table(props: {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly ReactNode[])[];
}) {
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={props.caption}>
      <table className="compact">
        <caption className="visually-hidden">{props.caption}</caption>
        <thead>
          <tr>
            {props.head.map((title, column) => (
              <th key={`${column} ${title}`} scope="col" className={column === 0 ? undefined : "numeric"}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((cells, row) => (
            <tr key={row}>
              {cells.map((cell, column) => (
                <td key={column} className={column === 0 ? undefined : "numeric"}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
