const paths = {
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  fit: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
  close: "M4 4l8 8M12 4l-8 8",
  sun: "M8 1.500v1.500M8 13v1.500M1.500 8H3M13 8h1.500M3.400 3.400l1.100 1.100M11.500 11.500l1.100 1.100M12.600 3.400l-1.100 1.100M4.500 11.500l-1.100 1.100M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z",
  moon: "M13 9.500A5.500 5.500 0 0 1 6.500 3a5.500 5.500 0 1 0 6.500 6.500Z",
  question: "M6 6a2 2 0 1 1 2.700 1.900c-.500.200-.700.600-.700 1.100v.500M8 12.200v.100",
  pause: "M5.500 3.500v9M10.500 3.500v9",
  play: "M5 3.500v9l7-4.500Z",
  up: "M4 10l4-4 4 4",
  down: "M4 6l4 4 4-4",
  check: "M3 8.500l3.300 3.300L13 5",
  cross: "M4.500 4.500l7 7M11.500 4.500l-7 7",
  map: "M2 4l4-1.500 4 1.500 4-1.500v9.500l-4 1.500-4-1.500-4 1.500ZM6 2.500V12M10 4v9.500",
  table: "M2.500 3.500h11v9h-11ZM2.500 6.500h11M2.500 9.500h11M6.500 6.500v6",
} as const;

export type IconName = keyof typeof paths;

/** A 16-pixel line icon; decorative, the control it sits in carries the name. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path
        d={paths[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
