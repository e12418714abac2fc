import type { World } from "../catalog/index.ts";
import { apiError, type ApiError } from "./api-error.ts";

export type Origin =
  | { readonly ok: true; readonly area: number; readonly access: number }
  | { readonly ok: false; readonly error: ApiError };

/** Finds out where a request comes from: what its headers say, else where the workload's demand is largest. */
export class Origins {
  readonly #areas: Map<string, number>;
  readonly #access: Map<string, number>;
  /** Area and access type with most demand, by workload. */
  readonly #usual: { area: number; access: number }[];
  /** Access type with most demand, by `workload area`. */
  readonly #usualAccess = new Map<string, { access: number; perS: number }>();

  constructor(world: World, defaultArea: string | null) {
    this.#areas = new Map(world.areas.map((area, index) => [area.id, index]));
    this.#access = new Map(world.accessTypes.map((access, index) => [access.id, index]));
    const peaks = world.workloads.map(() => -1);
    this.#usual = world.workloads.map(() => ({ area: 0, access: 0 }));
    for (const { workload, area, access, peakPerS } of world.demand) {
      const perS = peakPerS[0] ?? 0;
      const key = `${workload} ${area}`;
      if (perS > (this.#usualAccess.get(key)?.perS ?? -1)) this.#usualAccess.set(key, { access, perS });
      if (perS <= peaks[workload]!) continue;
      peaks[workload] = perS;
      this.#usual[workload] = { area, access };
    }
    const fixed = defaultArea === null ? undefined : this.#areas.get(defaultArea);
    if (fixed !== undefined) this.#usual = this.#usual.map(({ access }) => ({ area: fixed, access }));
  }

  /** `area` and `access` are the values of the headers `x-disperse-area` and `x-disperse-access`. */
  of(workload: number, area: string | undefined, access: string | undefined): Origin {
    const usual = this.#usual[workload]!;
    const areaIndex = area === undefined ? usual.area : this.#areas.get(area);
    if (areaIndex === undefined) return { ok: false, error: apiError("unknown_area", { param: "x-disperse-area" }) };
    const usualAccess = this.#usualAccess.get(`${workload} ${areaIndex}`)?.access ?? usual.access;
    const accessIndex = access === undefined ? usualAccess : this.#access.get(access);
    if (accessIndex === undefined)
      return { ok: false, error: apiError("unknown_access", { param: "x-disperse-access" }) };
    return { ok: true, area: areaIndex, access: accessIndex };
  }
}
