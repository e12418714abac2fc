/** Shares of a whole as one bar with its key beneath: the list is what a screen reader reads. */
export interface BarPart {
  readonly key: string;
  readonly label: string;
  readonly value: number;
  readonly color: string;
}

export function StackedBar(props: {
  readonly parts: readonly BarPart[];
  readonly format: (value: number) => string;
  readonly limit?: number;
}) {
  const total = props.parts.reduce((sum, part) => sum + part.value, 0);
  const parts = props.parts.toSorted((a, b) => b.value - a.value);
  const shown = parts.slice(0, props.limit ?? parts.length);
  return (
    <div className="stacked">
      <div className="stacked-bar" aria-hidden="true">
        {parts.map((part) => (
          <span key={part.key} style={{ flexGrow: part.value / (total || 1), background: part.color }} />
        ))}
      </div>
      <ul className="key">
        {shown.map((part) => (
          <li key={part.key}>
            <span className="swatch" style={{ background: part.color }} aria-hidden="true" />
            <span className="key-label">{part.label}</span>
            <span className="figure">{props.format(part.value)}</span>
            <span className="figure share">{total > 0 ? `${((part.value / total) * 100).toFixed(0)} %` : ""}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
