/** A share of a limit as a thin bar; the figure beside it says the same in words. */
export function Meter(props: { readonly ratio: number; readonly label: string }) {
  const ratio = Number.isFinite(props.ratio) ? Math.min(1, Math.max(0, props.ratio)) : 0;
  return (
    <span
      className="meter"
      role="meter"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(ratio * 100)}
    >
      <span style={{ width: `${ratio * 100}%` }} />
    </span>
  );
}
