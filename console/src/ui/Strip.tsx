/** A cell per span of time, from bad to good: shares of 0 to 1, null where there was nothing. The figures beside it say the same in words. */
export function Strip(props: {
  readonly shares: readonly (number | null)[];
  /** Position of the one that stands out. */
  readonly chosen: number;
}) {
  return (
    <svg className="strip" viewBox={`0 0 ${props.shares.length} 1`} preserveAspectRatio="none" aria-hidden="true">
      {props.shares.map((share, at) => (
        <rect
          key={at}
          x={at}
          width={at === props.chosen ? 1 : 0.92}
          height={1}
          className={share === null ? "none" : at === props.chosen ? "chosen" : "cell"}
          style={share === null ? undefined : { fill: fillOf(share) }}
        />
      ))}
    </svg>
  );
}

function fillOf(share: number): string {
  const good = Math.round(Math.max(0, Math.min(1, share)) * 100);
  return `color-mix(in oklab, var(--good) ${good}%, var(--bad))`;
}
