/** A site, or the engines of one workload there, that take no new requests. */
export interface Drain {
  readonly site: string;
  /** Null = every engine of the site. */
  readonly workload: string | null;
  /** When it was taken out, ms since 1970 UTC. */
  readonly sinceEpochMs: number;
  /** The operator's words; null when there are none. */
  readonly reason: string | null;
}

/** What an operator did. */
export type DrainChange =
  | { readonly kind: "add"; readonly drain: Drain }
  | { readonly kind: "remove"; readonly site: string; readonly workload: string | null };

/** A gateway that goes by the drains. */
export interface DrainFollower {
  /** The drains are others now. */
  changed(): void;
  /** Requests of this gateway that run at what the drain covers. */
  running(drain: Drain): number;
}

/**
 * What operators have taken out of a running mesh. Outlives the gateways that go by it, so that a change of
 * configuration puts nothing back in by accident; a restart does.
 */
export class Drains {
  #all: readonly Drain[] = [];
  readonly #followers = new Set<DrainFollower>();
  readonly #onChange: (change: DrainChange) => Promise<void> | null;
  #spreading: Promise<void> | null = null;

  /**
   * `onChange` is told of changes made here, not of those that came by `replace`. What it returns settles, and never
   * rejects, when other processes of the same gateway go by the change too; null = there are none.
   */
  constructor(onChange: (change: DrainChange) => Promise<void> | null = () => null) {
    this.#onChange = onChange;
  }

  /** Settles when everyone goes by the latest change made here; null = they do already. */
  get spreading(): Promise<void> | null {
    return this.#spreading;
  }

  /** Makes a change that was made elsewhere. */
  apply(change: DrainChange): void {
    if (change.kind === "add") this.add(change.drain);
    else this.remove(change.site, change.workload);
  }

  /** Never changed in place: whoever keeps it knows what was drained then. */
  get all(): readonly Drain[] {
    return this.#all;
  }

  add(drain: Drain): Drain {
    const known = this.#all.find((entry) => isSame(entry, drain));
    if (known) return known;
    this.#change([...this.#all, drain]);
    this.#spread({ kind: "add", drain });
    return drain;
  }

  /** Puts back in; false when it was not taken out. Engines of a site that is out as a whole stay out. */
  remove(site: string, workload: string | null): boolean {
    const left = this.#all.filter((entry) => !isSame(entry, { site, workload }));
    if (left.length === this.#all.length) return false;
    this.#change(left);
    this.#spread({ kind: "remove", site, workload });
    return true;
  }

  /** Takes over what another process of the same gateway was told. */
  replace(all: readonly Drain[]): void {
    this.#change([...all]);
  }

  /** Whether engines at `site` that serve these workloads take no new requests. */
  cover(site: string, workloads: readonly string[]): boolean {
    return this.#all.some((entry) => covers(entry, site, workloads));
  }

  running(drain: Drain): number {
    let running = 0;
    for (const follower of this.#followers) running += follower.running(drain);
    return running;
  }

  /** Lets a gateway go by the drains; returns a function that ends it. */
  follow(follower: DrainFollower): () => void {
    this.#followers.add(follower);
    follower.changed();
    return () => this.#followers.delete(follower);
  }

  #spread(change: DrainChange): void {
    const told = this.#onChange(change);
    if (told === null) return;
    const spreading = told.then(() => {
      if (this.#spreading === spreading) this.#spreading = null;
    });
    this.#spreading = spreading;
  }

  #change(all: readonly Drain[]): void {
    this.#all = all;
    for (const follower of this.#followers) follower.changed();
  }
}

export function covers(drain: Drain, site: string, workloads: readonly string[]): boolean {
  return drain.site === site && (drain.workload === null || workloads.includes(drain.workload));
}

function isSame(one: Pick<Drain, "site" | "workload">, other: Pick<Drain, "site" | "workload">): boolean {
  return one.site === other.site && one.workload === other.workload;
}
