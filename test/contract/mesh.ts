import { expect, it } from "vitest";
import type { Mesh } from "../../src/serve/index.ts";
import { until } from "../serve/mesh-gateways.ts";

/** Suite for adapters of `Mesh`. `join` makes another connection to one and the same network. */
export function meshContract(join: () => Mesh): void {
  /** Says something again until everyone hears it: a network may take a moment to be there. */
  const reaches = async (from: Mesh, heard: readonly string[][], text: string) => {
    let at = 0;
    await until(() => {
      if (at++ % 5 === 0) from.publish(text);
      return heard.every((texts) => texts.includes(text));
    }, `heard ${text}`);
  };
  const listening = (mesh: Mesh): string[] => {
    const texts: string[] = [];
    mesh.listen((text) => void texts.push(text));
    return texts;
  };

  it("carries texts to everyone, the one who speaks among them", async () => {
    const [one, other] = [join(), join()];
    const heard = [listening(one), listening(other)];
    await reaches(one, heard, "from one: ä € 😀");
    await reaches(other, heard, "from the other");
    await Promise.all([one.close(), other.close()]);
  });

  it("carries texts of a hundred thousand characters whole", async () => {
    const mesh = join();
    const heard = listening(mesh);
    await reaches(mesh, [heard], "ö".repeat(100_000));
    await mesh.close();
  });

  it("lets go who listens no more, and hands them nothing later", async () => {
    const mesh = join();
    const heard = listening(mesh);
    const former: string[] = [];
    const leave = mesh.listen((text) => void former.push(text));
    await reaches(mesh, [heard, former], "first");
    leave();
    const before = former.length;
    await reaches(mesh, [heard], "second");
    expect(former.slice(before)).not.toContain("second");
    await mesh.close();
  });

  it("takes what is said after the end for nothing", async () => {
    const mesh = join();
    await mesh.close();
    expect(() => mesh.publish("too late")).not.toThrow();
    await mesh.close();
  });
}
