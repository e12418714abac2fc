import type { LookupAddress, LookupAllOptions } from "node:dns";
import { lookup } from "node:dns/promises";
import type { LookupFunction } from "node:net";
import { callbackify } from "node:util";
import { addressFault, type Network } from "./address-policy.ts";

/** What was found last is taken for true this long, ms. */
const freshMs = 1_000;
/** How long a name server may take while it is known what it said last, ms. */
const patienceMs = 250;

type Resolve = (name: string, options: LookupAllOptions) => Promise<LookupAddress[]>;

/**
 * Resolves names at connect time and refuses addresses the upstream is not configured for; literals never come here.
 *
 * While the name servers are away or silent, engines are reached where they were last. A name is asked for once at a time: the system
 * resolves on one of a few threads, which files and packed bodies need as well, and a silent name server holds one for ten seconds.
 */
export function guardedLookup(network: Network, resolve: Resolve = lookup): LookupFunction {
  const known = new Map<string, { readonly addresses: LookupAddress[]; readonly atMs: number }>();
  const asked = new Map<string, Promise<LookupAddress[]>>();

  function ask(name: string, options: LookupAllOptions, key: string): Promise<LookupAddress[]> {
    const asking = resolve(name, options)
      .then((addresses) => {
        known.set(key, { addresses, atMs: performance.now() });
        return addresses;
      })
      .catch((error: NodeJS.ErrnoException) => {
        const last = known.get(key);
        // That there is no such name is an answer; that nobody answers says nothing about the name.
        if (error.code === "ENOTFOUND") known.delete(key);
        else if (last) return last.addresses;
        throw error;
      })
      .finally(() => asked.delete(key));
    asked.set(key, asking);
    return asking;
  }

  function addressesOf(name: string, options: LookupAllOptions): Promise<LookupAddress[]> {
    const key = `${name} ${options.family ?? 0}`;
    const last = known.get(key);
    if (last && performance.now() - last.atMs < freshMs) return Promise.resolve(last.addresses);
    const asking = asked.get(key) ?? ask(name, options, key);
    if (!last) return asking;
    const late = new Promise<LookupAddress[]>((settle) => setTimeout(settle, patienceMs, last.addresses).unref());
    return Promise.race([asking, late]);
  }

  const find = callbackify(addressesOf);
  return (name, options, done) => {
    // These names are loopback by definition (RFC 6761) and as good as an address written down.
    const written = /(?:^|\.)localhost\.?$/i.test(name);
    find(name, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, "", 0);
      const allowed = addresses.filter(({ address }) => addressFault(address, network, written) === null);
      const [first] = allowed;
      if (!first) return done(refused(), "", 0);
      if (options.all) (done as (error: null, found: LookupAddress[]) => void)(null, allowed);
      else done(null, first.address, first.family);
    });
  };
}

function refused(): NodeJS.ErrnoException {
  return Object.assign(new Error("the name resolves to an address that is not configured"), { code: "EACCES" });
}
