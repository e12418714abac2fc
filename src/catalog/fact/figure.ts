import type { Confidence } from "../world/world-engines.ts";
import { sources } from "./sources.ts";
import type { SourceKey } from "./sources.ts";

/**
 * A number with its provenance. Nothing in the catalogue is a bare number: whoever reads a result can ask of every
 * input what it is, who says so, when, and how sure it is.
 */
export interface Figure {
  readonly value: number;
  /** Canonical unit, for example `GB`, `USD/kWh`, `ms`, `ratio`. */
  readonly unit: string;
  /** Key in `sources`. */
  readonly source: SourceKey;
  /** Day the figure stood for, ISO 8601. */
  readonly asOf: string;
  readonly confidence: Confidence;
  /** Plausible range where one is known. */
  readonly low?: number;
  readonly high?: number;
  /** Anything a reader must know to use the figure rightly. */
  readonly note?: string;
}

/** What a row may add to a figure: a range, a remark, or a date other than that of its source. */
export interface FigureExtras {
  readonly low?: number;
  readonly high?: number;
  readonly note?: string;
  readonly asOf?: string;
}

function figure(
  confidence: Confidence,
  value: number,
  unit: string,
  source: SourceKey,
  extras: FigureExtras = {},
): Figure {
  const { asOf = sources[source].date, ...rest } = extras;
  return { value, unit, source, asOf, confidence, ...rest };
}

/** A figure somebody measured and published with the method. */
export function measured(value: number, unit: string, source: SourceKey, extras?: FigureExtras): Figure {
  return figure("measured", value, unit, source, extras);
}

/** A figure of the maker: a datasheet, a price list, a published configuration. */
export function vendor(value: number, unit: string, source: SourceKey, extras?: FigureExtras): Figure {
  return figure("vendor", value, unit, source, extras);
}

/** A figure of an analyst, the press or a statistics office about things it does not make itself. */
export function analyst(value: number, unit: string, source: SourceKey, extras?: FigureExtras): Figure {
  return figure("analyst", value, unit, source, extras);
}

/** A figure nobody published in usable form; the note says how it was chosen. */
export function assumed(value: number, unit: string, note: string, extras: FigureExtras = {}): Figure {
  return figure("assumed", value, unit, "assumption", { ...extras, note });
}

/**
 * A rate derived from a datasheet peak: `peak × ratio`. Kernels never reach the peak; on chips that were measured the
 * ratio lies between 0.55 and 0.88, so an unmeasured chip gets a stated ratio instead of its peak.
 */
export function derated(peak: Figure, ratio: number, why: string): Figure {
  return {
    value: Number((peak.value * ratio).toPrecision(4)),
    unit: peak.unit,
    source: peak.source,
    asOf: peak.asOf,
    confidence: "assumed",
    note: `datasheet ${peak.value} ${peak.unit} × ${ratio}: ${why}`,
  };
}
