import type { LookupAddress } from "node:dns";
import { expect, it } from "vitest";
import { guardedLookup } from "./guarded-lookup.ts";

/** A name server that is told what to say; `null` = nothing, ever. */
function nameServer() {
  const state: { says: string[] | { code: string } | null; asked: number } = { says: ["10.0.0.1"], asked: 0 };
  const resolve = async (): Promise<LookupAddress[]> => {
    state.asked++;
    const { says } = state;
    if (says === null) return new Promise(() => {});
    if (Array.isArray(says)) return says.map((address) => ({ address, family: 4 }));
    throw Object.assign(new Error("no"), says);
  };
  const lookup = guardedLookup("private", resolve);
  const find = () =>
    new Promise<string>((settle) =>
      lookup("engine.test", {}, (error, address) =>
        settle(error?.code ?? (typeof address === "string" ? address : "")),
      ),
    );
  const later = () => new Promise((settle) => setTimeout(settle, 1_050));
  return { state, find, later };
}

it("an engine is reached where it was last while the name server is away or silent, and not once its name is gone", async () => {
  const { state, find, later } = nameServer();
  expect(await find()).toBe("10.0.0.1");
  await later();
  state.says = { code: "EAI_AGAIN" };
  expect(await find()).toBe("10.0.0.1");
  state.says = ["10.0.0.2"];
  expect(await find()).toBe("10.0.0.2");
  await later();
  state.says = ["169.254.169.254"];
  expect(await find()).toBe("EACCES");
  await later();
  state.says = { code: "ENOTFOUND" };
  expect(await find()).toBe("ENOTFOUND");
  state.says = { code: "EAI_AGAIN" };
  expect(await find()).toBe("EAI_AGAIN");
});

it("a silent name server is asked once, however many connections want to know", async () => {
  const { state, find, later } = nameServer();
  expect(await find()).toBe("10.0.0.1");
  await later();
  state.says = null;
  expect(await Promise.all([find(), find(), find()])).toEqual(["10.0.0.1", "10.0.0.1", "10.0.0.1"]);
  expect(await find()).toBe("10.0.0.1");
  expect(state.asked).toBe(2);
});
