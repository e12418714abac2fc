import type { Peers } from "../../serve/index.ts";

/** Between two looks, ms. */
const lookMs = 1_000;

/** Tells the operator what an operator can mend: once when it begins, and once when it is over. Returns a function that ends it. */
export function tellMeshNews(
  peers: Peers,
  urlOf: (gateway: string) => string,
  say: (line: string) => void,
): () => void {
  const told = new Set<string>();

  /** `holds`: null = not known now. */
  const tell = (holds: boolean | null, begins: string, ends: string) => {
    if (holds === null || told.has(begins) === holds) return;
    if (holds) told.add(begins);
    else told.delete(begins);
    say(`mesh: ${holds ? begins : ends}`);
  };

  const timer = setInterval(() => {
    for (const { name, isReachable, servesOtherPlan } of peers.others) {
      const at = `${name} at ${urlOf(name)}`;
      const remedy = "Look at its address, at what lies between, and with TLS at NODE_EXTRA_CA_CERTS.";
      tell(
        !isReachable,
        `${at} cannot be reached; what others can serve goes to them. ${remedy}`,
        `${at} can be reached`,
      );
      const same = "the same plan as this gateway";
      const risk = `${name} does not serve ${same} and may refuse what is handed over`;
      tell(servesOtherPlan, `${risk}. Give both one plan.json and --period.`, `${name} serves ${same}`);
    }
    const twin = `another process goes by the name of this gateway, "${peers.self}"`;
    tell(
      peers.hasTwin,
      `${twin}, and what is handed over may be refused. End one of them.`,
      `${twin.replace("another", "no other")}`,
    );
  }, lookMs);
  timer.unref();
  return () => clearInterval(timer);
}
