/** Building blocks of OTLP's JSON: 64-bit numbers are text, enumerations are numbers, ids hexadecimal. */
export interface Attribute {
  readonly key: string;
  readonly value: { stringValue: string } | { intValue: string } | { doubleValue: number } | { boolValue: boolean };
}

type Value = string | number | boolean | null | undefined;

/** Attributes of an object's members; those without a value are left out. */
export function attributesOf(values: Readonly<Record<string, Value>>): Attribute[] {
  const attributes: Attribute[] = [];
  for (const [key, value] of Object.entries(values)) {
    if (value === null || value === undefined) continue;
    if (typeof value === "string") attributes.push({ key, value: { stringValue: value } });
    else if (typeof value === "boolean") attributes.push({ key, value: { boolValue: value } });
    else if (Number.isSafeInteger(value)) attributes.push({ key, value: { intValue: String(value) } });
    else attributes.push({ key, value: { doubleValue: value } });
  }
  return attributes;
}

/** Nanoseconds since 1970 as OTLP writes them. A double holds the present to a quarter of a microsecond, no finer. */
export function unixNano(epochMs: number): string {
  const wholeMs = Math.floor(epochMs);
  return String(BigInt(wholeMs) * 1_000_000n + BigInt(Math.round((epochMs - wholeMs) * 1e6)));
}

export const spanKind = { server: 2, client: 3 } as const;
export const statusCode = { unset: 0, error: 2 } as const;
/** Counts since the start of the process. */
export const cumulative = 2;
