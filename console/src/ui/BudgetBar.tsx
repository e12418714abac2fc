import { milliseconds } from "../model/format.ts";

export interface BudgetPart {
  readonly label: string;
  readonly ms: number;
  readonly color: string;
}

/** What a first token takes, part by part, against the line of its budget. The key beneath holds the figures. */
export function BudgetBar({ parts, budgetMs }: { readonly parts: readonly BudgetPart[]; readonly budgetMs: number }) {
  const totalMs = parts.reduce((sum, part) => sum + part.ms, 0);
  const scale = Math.max(budgetMs, totalMs);
  return (
    <div>
      <div className="budget-bar" aria-hidden="true">
        {parts.map((part) => (
          <span key={part.label} style={{ width: `${(part.ms / scale) * 100}%`, background: part.color }} />
        ))}
        <i style={{ left: `${(budgetMs / scale) * 100}%` }} />
      </div>
      <ul className="key budget-key">
        {parts.map((part) => (
          <li key={part.label}>
            <span className="swatch" style={{ background: part.color }} aria-hidden="true" />
            <span className="key-label">{part.label}</span>
            <span className="figure">{milliseconds(part.ms)}</span>
          </li>
        ))}
        <li>
          <span className="swatch line" aria-hidden="true" />
          <span className="key-label">Budget</span>
          <span className="figure">{milliseconds(budgetMs)}</span>
        </li>
      </ul>
    </div>
  );
}
