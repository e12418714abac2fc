/**
 * Takes away everything a pure room must not touch: whoever uses it anyway fails with its name. Imported before the
 * rooms, so that work done while loading is caught too. `touched` remembers every use, also one whose error was swallowed.
 */
export const touched: string[] = [];

function refuse(name: string): never {
  touched.push(name);
  throw new Error(`a pure room used ${name}`);
}

const forbidden = (name: string) =>
  function poisoned(): never {
    refuse(name);
  };

for (const name of [
  "fetch",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "WebSocket",
  "XMLHttpRequest",
] as const) {
  Object.defineProperty(globalThis, name, { value: forbidden(name), configurable: true });
}
for (const name of ["process", "performance", "crypto", "localStorage", "console", "Buffer"]) {
  Object.defineProperty(globalThis, name, { configurable: true, get: forbidden(name) });
}
Object.defineProperty(Math, "random", { value: forbidden("Math.random") });
const RealDate = Date;
globalThis.Date = new Proxy(RealDate, {
  construct(target, args: unknown[]) {
    if (args.length === 0) refuse("new Date() without arguments");
    return Reflect.construct(target, args) as Date;
  },
  apply: () => refuse("Date()"),
  get: (target, key, receiver): unknown => (key === "now" ? forbidden("Date.now") : Reflect.get(target, key, receiver)),
});
