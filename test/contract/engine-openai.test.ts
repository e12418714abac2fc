import { createOpenAiEngine } from "../../src/adapters/engine-openai/index.ts";
import {
  contentEvent,
  endless,
  startUpstream,
  streamOf,
  wellBehaved,
  roleEvent,
  finishEvent,
  usageEvent,
  doneEvent,
} from "../serve/misbehaving-upstream.ts";
import { transports } from "../serve/test-mesh.ts";
import { engineContract } from "./engine.ts";

for (const { name, client } of transports)
  engineContract(`engine-openai over ${name}`, async () => {
    const upstream = await startUpstream((socket, request) => {
      const { max_tokens: limit } = JSON.parse(request.body) as { max_tokens: number };
      if (limit > 1_000) return endless(2)(socket, request);
      if (limit === 8) return wellBehaved(socket, request);
      streamOf(
        roleEvent,
        ...Array.from({ length: limit }, (_, index) => contentEvent(`${index} `)),
        finishEvent,
        usageEvent,
        doneEvent,
      )(socket, request);
    });
    const engine = createOpenAiEngine({ url: upstream.url, client });
    return {
      engine,
      async close() {
        await engine.close();
        await upstream.close();
      },
    };
  });
