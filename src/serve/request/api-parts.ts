import type { World } from "../../catalog/index.ts";
import type { Accounts } from "../account/accounts.ts";
import type { ApiError } from "../wire/api-error.ts";
import type { ModelName } from "./models.ts";
import type { Origins } from "../wire/origins.ts";
import type { Reply } from "../wire/transport.ts";

/** What endpoints beside inference need to judge a caller and a model as inference would. */
export interface ApiParts {
  readonly world: World;
  readonly accounts: Accounts;
  readonly nameOf: ReadonlyMap<string, ModelName>;
  readonly origins: Origins;
  readonly epochMs: () => number;
  readonly refuse: (reply: Reply, error: ApiError) => void;
}
