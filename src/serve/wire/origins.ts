import type { World } from "../../catalog/index.ts";
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
  /** Access type with most demand, by workload and area; -1 where there is none. */
  readonly #usualAccess: Int32Array;

  constructor(world: World, defaultArea: string | null) {
    this.#areas = new Map(world.areas.map((area, index) => [area.id, index]));
    this.#access = new Map(world.accessTypes.map((access, index) => [access.id, index]));
    const peaks = world.workloads.map(() => -1);
    this.#usualAccess = new Int32Array(world.workloads.length * world.areas.length).fill(-1);
    const usualPerS = new Float64Array(this.#usualAccess.length).fill(-1);
    this.#usual = world.workloads.map(() => ({ area: 0, access: 0 }));
    for (const { workload, area, access, peakPerS } of world.demand) {
      const perS = peakPerS[0] ?? 0;
      const pair = workload * world.areas.length + area;
      if (perS > usualPerS[pair]!) {
        usualPerS[pair] = perS;
        this.#usualAccess[pair] = access;
      }
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
    const usualAccess = this.#usualAccess[workload * this.#areas.size + areaIndex]!;
    const assumed = usualAccess < 0 ? usual.access : usualAccess;
    const accessIndex = access === undefined ? assumed : this.#access.get(access);
    if (accessIndex === undefined)
      return { ok: false, error: apiError("unknown_access", { param: "x-disperse-access" }) };
    return { ok: true, area: areaIndex, access: accessIndex };
  }
}
