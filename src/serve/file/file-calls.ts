import { residencyRefusal } from "../../route/index.ts";
import type { KeyRecord } from "../account/account.ts";
import { apiError, type ApiError } from "../wire/api-error.ts";
import type { ApiParts } from "../request/api-parts.ts";
import type { FileDesk } from "./file-desk.ts";
import { answerFileCall, type FileCaller } from "./file-routes.ts";
import { sendPieces } from "../wire/send-pieces.ts";
import type { Call, Exchange, Reply } from "../wire/transport.ts";

export interface FileCallParts extends ApiParts {
  readonly desk: FileDesk | null;
}

/** Answers calls about files and batches: lets the caller in and judges models as inference would. */
export function createFileCalls(parts: FileCallParts): (call: Call, reply: Reply) => Exchange {
  const { desk, world, accounts, nameOf, origins, refuse } = parts;

  /** Why a model may not be used in a batch of this caller; the law is asked for the place where the file lies. */
  function refusalOf(model: string, key: KeyRecord | null, area: string | undefined, access: string | undefined) {
    const name = nameOf.get(model);
    if (!name)
      return apiError("model_not_found", { detail: `The model \`${model.slice(0, 200)}\` does not exist here.` });
    const workload = world.workloads[name.workload]!;
    if (key !== null && key.workloads !== "*" && !key.workloads.includes(workload.id)) {
      return apiError("insufficient_scope", { detail: `The API key may not use ${workload.id}.` });
    }
    const origin = origins.of(name.workload, area, access);
    if (!origin.ok) return origin.error;
    const host = desk?.options.country ?? null;
    const why =
      host === null ? null : residencyRefusal(world, workload.dataClass, world.areas[origin.area]!.country, host);
    return why === null ? null : apiError("residency_refused", { detail: `Files are kept in ${host}, and ${why}.` });
  }

  return (call, reply) => {
    let open = true;
    let sending: Exchange | null = null;
    const exchange: Exchange = {
      clientLeft() {
        open = false;
        sending?.clientLeft();
      },
      drained: () => sending?.drained(),
    };
    const answer = (error: ApiError) => {
      if (open) refuse(reply, error);
      return exchange;
    };
    if (desk === null) {
      return answer(apiError("not_found", { detail: "This gateway keeps no files.", hint: "Start it with --files." }));
    }
    const authenticated = accounts.authenticate(call.header("authorization"), parts.epochMs());
    if (!authenticated.ok) return answer(authenticated.error);
    const { key } = authenticated;
    const area = call.header("x-disperse-area");
    const access = call.header("x-disperse-access");
    const caller: FileCaller = {
      account: key?.account ?? "",
      keyId: key?.id ?? null,
      area: area ?? "",
      access: access ?? "",
      refuses: (model) => refusalOf(model, key, area, access),
    };
    answerFileCall(desk, caller, call).then(
      (result) => {
        if (!open) return;
        if ("code" in result) refuse(reply, result);
        else if (result.more && call.method !== "HEAD") {
          const pieces = { headers: ["content-type", result.contentType], first: result.body, more: result.more };
          sending = sendPieces(reply, pieces);
        } else reply.send(result.status, ["content-type", result.contentType], result.body, true);
      },
      // The disk is full or gone: what was promised so far is safe.
      () => answer(apiError("files_unavailable")),
    );
    return exchange;
  };
}
