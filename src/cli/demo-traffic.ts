import type { PlanDocument } from "../plan/index.ts";

/** Requests the demo sends itself, so that the console has something to show; a mesh at rest looks broken. */
const perS = 4;
/** Beyond this many unanswered ones it waits: a slow machine must not be buried. */
const inFlightLimit = 24;

/**
 * Sends a trickle of requests to the gateway at `url`, from the areas and for the workloads the plan serves, in
 * proportion to planned traffic. Returns a function that stops it.
 */
export function startDemoTraffic(url: string, { world, deployment }: PlanDocument, rng: () => number): () => void {
  const total = deployment.flows.reduce((sum, flow) => sum + flow.peakPerS, 0);
  const stop = new AbortController();
  let inFlight = 0;
  const timer = setInterval(() => {
    if (inFlight >= inFlightLimit || total === 0) return;
    let left = rng() * total;
    const flow = deployment.flows.find((entry) => (left -= entry.peakPerS) <= 0) ?? deployment.flows[0]!;
    const row = world.demand[flow.row]!;
    inFlight++;
    void ask(`${url}/v1/chat/completions`, stop.signal, {
      area: world.areas[row.area]!.id,
      access: world.accessTypes[row.access]!.id,
      workload: world.workloads[row.workload]!.id,
    }).finally(() => inFlight--);
  }, 1000 / perS);
  return () => {
    clearInterval(timer);
    stop.abort();
  };
}

async function ask(
  address: string,
  signal: AbortSignal,
  { area, access, workload }: { readonly area: string; readonly access: string; readonly workload: string },
): Promise<void> {
  try {
    const answer = await fetch(address, {
      method: "POST",
      signal,
      headers: { "content-type": "application/json", "x-disperse-area": area, "x-disperse-access": access },
      body: JSON.stringify({
        model: `disperse/${workload}`,
        stream: true,
        max_tokens: 24,
        messages: [{ role: "user", content: "a request of the demo itself" }],
      }),
    });
    await answer.text();
  } catch {
    // A request cut short by the end of the demo is no news.
  }
}
