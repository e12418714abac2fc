import type { SimulationResult } from "../../../src/simulate/index.ts";
import type { Board } from "../model/board.ts";
import { count, percent } from "../model/format.ts";
import { agreementBySite } from "../model/plan-agreement.ts";
import { TierMark } from "../ui/TierMark.tsx";

const shownSites = 20;

/** What was planned for each site and what happened there. */
export function AgreementTable({ board, result }: { readonly board: Board; readonly result: SimulationResult }) {
  const rows = agreementBySite(board, result);
  if (rows.length === 0) return <p className="muted">Nothing was planned for this time, and nothing was served.</p>;
  return (
    <>
      <div className="table-scroll" tabIndex={0} role="region" aria-label="Planned and simulated requests by site">
        <table className="compact">
          <thead>
            <tr>
              <th scope="col">Site</th>
              <th scope="col" className="numeric">
                Planned
              </th>
              <th scope="col" className="numeric">
                Completed
              </th>
              <th scope="col" className="numeric">
                Difference
              </th>
              <th scope="col">Explained by</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, shownSites).map((row) => (
              <tr key={row.site}>
                <th scope="row">
                  <TierMark tier={row.tier} /> {row.name}
                </th>
                <td className="numeric">{count(row.planned)}</td>
                <td className="numeric">{count(row.completed)}</td>
                <td className="numeric">{row.difference === null ? "–" : percent(row.difference)}</td>
                <td>{row.explainedBy}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > shownSites && (
        <p className="muted">{count(rows.length - shownSites)} smaller sites are not shown.</p>
      )}
    </>
  );
}
