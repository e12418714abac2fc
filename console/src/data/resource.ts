import { useEffect, useState } from "react";

/** What became of a document: the console shows each of these states in words. */
export type Resource<T> =
  | { readonly state: "loading" }
  | { readonly state: "ready"; readonly value: T }
  | { readonly state: "missing" }
  | { readonly state: "failed"; readonly message: string };

/**
 * Loads a JSON document from the console's own origin once. A 404 is an answer ("there is none"), not a failure.
 * `retryMs` asks again while the document is missing, for one that is still being made.
 */
export function useJson<T>(path: string, retryMs?: number): Resource<T> {
  const [resource, setResource] = useState<Resource<T>>({ state: "loading" });
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async (): Promise<void> => {
      const next = await fetchJson<T>(path, abort.signal);
      if (abort.signal.aborted) return;
      setResource(next);
      if (next.state === "missing" && retryMs !== undefined) timer = setTimeout(() => void load(), retryMs);
    };
    void load();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [path, retryMs]);
  return resource;
}

export async function fetchJson<T>(path: string, signal: AbortSignal): Promise<Resource<T>> {
  try {
    const response = await fetch(path, { signal, headers: { accept: "application/json" } });
    if (response.status === 404 || response.status === 204) return { state: "missing" };
    if (!response.ok) return { state: "failed", message: `${path} answered ${response.status}.` };
    // `null` says "none" too: a browser logs every 404 as an error, and that there is no document yet is none.
    const value: T | null = await response.json();
    return value === null ? { state: "missing" } : { state: "ready", value };
  } catch (error) {
    return { state: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}
