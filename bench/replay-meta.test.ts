import { expect, it } from "vitest";
import { readMeta } from "./replay-meta.ts";

const withKwargs = (engine_kwargs: unknown) =>
  readMeta(JSON.stringify({ model: "meta-llama/Llama-3.1-8B", engine_kwargs }));

it("reads the engine of a recorded run, with defaults for what is null or left out", () => {
  expect(withKwargs({ tensor_parallel_size: 2, max_num_seqs: null })).toMatchObject({
    ok: true,
    name: "meta-llama/Llama-3.1-8B",
    kwargs: { tensor_parallel_size: 2 },
  });
  expect(readMeta('\uFEFF{"engine_kwargs":{"model":"m"}}')).toMatchObject({ ok: true, name: "m" });
});

it.each([
  [{ data_parallel_size: 0 }, /data_parallel_size is 0; write a whole number from 1/],
  [{ data_parallel_size: 1e9 }, /data_parallel_size is 1000000000/],
  [{ tensor_parallel_size: "two" }, /tensor_parallel_size is "two"/],
  [{ max_num_seqs: -3 }, /max_num_seqs is -3/],
  [{ max_num_batched_tokens: 0 }, /max_num_batched_tokens is 0/],
  [{ block_size: 0.5 }, /block_size is 0.5/],
  [{ gpu_memory_utilization: 9 }, /gpu_memory_utilization is 9; write a part above 0, at most 1/],
  [{ kv_cache_dtype: 8 }, /kv_cache_dtype is 8; write a text/],
  ["fast", /not a JSON object with "model" and "engine_kwargs"/],
])("says what is wrong with an engine that cannot be: %j", (kwargs, message) => {
  expect(withKwargs(kwargs)).toMatchObject({ ok: false, message: expect.stringMatching(message) });
});

it("says what is wrong with a file that is no such object, or names its model by a number", () => {
  for (const text of ["", "[]", "null", "{"]) expect(readMeta(text)).toMatchObject({ ok: false });
  expect(readMeta('{"model":5}')).toMatchObject({ ok: false, message: "model is 5; write the model's name" });
});
