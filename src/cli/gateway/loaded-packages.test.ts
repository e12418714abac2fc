import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

it("a gateway does without Node's HTTP and its fetch, and the memory they take, unless something asks for them", () => {
  const address = new URL("./start-gateway.ts", import.meta.url).href;
  const code = `await import(${JSON.stringify(address)});
    console.log(process.moduleLoadList.filter((name) => /^NativeModule (?:http|_http_|internal\\/deps\\/undici)/.test(name)).join());`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], { encoding: "utf8" });
  expect(stderr.replace(/^.*Warning.*$/gm, "").trim()).toBe("");
  expect(stdout.trim()).toBe("");
});
