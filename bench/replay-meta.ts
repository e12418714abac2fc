/** What the file beside a recorded run says of the engine. Not a benchmark of its own. */
export interface EngineKwargs {
  readonly tensor_parallel_size?: number | null;
  readonly pipeline_parallel_size?: number | null;
  readonly data_parallel_size?: number | null;
  readonly max_num_seqs?: number | null;
  readonly max_num_batched_tokens?: number | null;
  readonly gpu_memory_utilization?: number | null;
  readonly block_size?: number | null;
  readonly quantization?: string | null;
  readonly kv_cache_dtype?: string | null;
  readonly [other: string]: unknown;
}

type Meta =
  | { readonly ok: true; readonly name: string; readonly kwargs: EngineKwargs }
  | { readonly ok: false; readonly message: string };

/** Greatest count that makes sense of each: a larger one is no engine, and would take for ever to play. */
const counts = {
  tensor_parallel_size: 1_024,
  pipeline_parallel_size: 1_024,
  data_parallel_size: 4_096,
  max_num_seqs: 1e6,
  max_num_batched_tokens: 1e9,
  block_size: 1e6,
};

const words = ["model", "quantization", "kv_cache_dtype"];

/** Reads `{ model, engine_kwargs }`; what is null or left out is the engine's default. */
export function readMeta(text: string): Meta {
  const fault = (message: string) => ({ ok: false, message }) as const;
  const meta = objectIn(text);
  const kwargs = meta?.["engine_kwargs"] ?? {};
  if (meta === null || !isObject(kwargs)) return fault('it is not a JSON object with "model" and "engine_kwargs"');
  const stated = (name: string) => kwargs[name] ?? null;
  for (const [name, most] of Object.entries(counts)) {
    const value = stated(name);
    if (value !== null && !(Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most)) {
      return fault(`engine_kwargs.${name} is ${JSON.stringify(value)}; write a whole number from 1 to ${most}`);
    }
  }
  const memory = stated("gpu_memory_utilization");
  if (memory !== null && !(typeof memory === "number" && memory > 0 && memory <= 1)) {
    return fault(`engine_kwargs.gpu_memory_utilization is ${JSON.stringify(memory)}; write a part above 0, at most 1`);
  }
  for (const name of words) {
    const value = stated(name);
    if (value !== null && typeof value !== "string") {
      return fault(`engine_kwargs.${name} is ${JSON.stringify(value)}; write a text`);
    }
  }
  const name = meta["model"] ?? stated("model") ?? "";
  if (typeof name !== "string") return fault(`model is ${JSON.stringify(name)}; write the model's name`);
  return { ok: true, name, kwargs };
}

function objectIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
