import { useJson } from "./resource.ts";

/** Whether any model of this gateway is answered by emulated engines: their ids say so. */
export function useEmulated(): boolean {
  const models = useJson<{ readonly data?: readonly { readonly id: string }[] }>("/v1/models");
  return models.state === "ready" && (models.value.data ?? []).some(({ id }) => id.startsWith("emulated/"));
}
