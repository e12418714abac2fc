import { describe, expect, it } from "vitest";
import type { ToldRoute } from "../../serve/index.ts";
import { WorkerRoutes } from "./worker-routes.ts";

const route: ToldRoute = { accountId: null, body: "{}" };

describe("a route that another worker keeps", () => {
  it("is told as soon as one knows it, and is none when all others say so or have ended", async () => {
    const orders: [worker: number, id: number][] = [];
    const routes = new WorkerRoutes((worker, id) => orders.push([worker, id]));
    const found = routes.seek("req_1", [1, 3]);
    routes.told(3, orders[1]![1], route);
    expect(await found).toBe(route);
    const none = routes.seek("req_2", [1, 3]);
    routes.told(1, orders[2]![1], null);
    routes.ended(3);
    expect(await none).toBeNull();
    expect(await routes.seek("req_3", [])).toBeNull();
  });

  it("is not waited for where a worker says nothing", async () => {
    expect(await new WorkerRoutes(() => {}).seek("req_1", [2])).toBeNull();
  });
});
