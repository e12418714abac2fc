import type { HttpClient } from "../../serve/index.ts";

/** Names of the models a server offers (`GET /v1/models`), in its order; null when it cannot be asked. */
export async function askModels(
  http: HttpClient,
  base: string,
  timeoutMs: number,
  apiKey?: string,
): Promise<readonly string[] | null> {
  const headers = apiKey === undefined ? [] : ["authorization", `Bearer ${apiKey}`];
  const text = await http.getText(`${base}/v1/models`, timeoutMs, headers);
  if (text === null) return null;
  try {
    const { data } = JSON.parse(text) as { data?: unknown };
    if (!Array.isArray(data)) return null;
    return data.map((entry: { id?: unknown } | null) => entry?.id).filter((id) => typeof id === "string");
  } catch {
    return null;
  }
}
