import { useEffect, useState } from "react";
import { fetchJson, type Resource } from "./resource.ts";

export interface Refreshed<T> {
  /** The last document that could be read; `failed` only when there never was one. */
  readonly resource: Resource<T>;
  /** Why the latest reading did not work, while an older document is shown; null when it did. */
  readonly trouble: string | null;
}

/** Loads a JSON document again and again while the page is looked at. A failed reading keeps the document before it. */
export function useRefreshed<T>(path: string, everyMs: number): Refreshed<T> {
  const [state, setState] = useState<Refreshed<T>>({ resource: { state: "loading" }, trouble: null });
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async (): Promise<void> => {
      clearTimeout(timer);
      // Nobody looks at a page in the background.
      const next = document.hidden ? null : await fetchJson<T>(path, abort.signal);
      if (abort.signal.aborted) return;
      if (next !== null) setState((before) => after(before, next));
      timer = setTimeout(() => void load(), everyMs);
    };
    const onVisible = () => void (document.hidden || load());
    document.addEventListener("visibilitychange", onVisible);
    void load();
    return () => {
      abort.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [path, everyMs]);
  return state;
}

function after<T>(before: Refreshed<T>, next: Resource<T>): Refreshed<T> {
  return next.state === "failed" && before.resource.state === "ready"
    ? { resource: before.resource, trouble: next.message }
    : { resource: next, trouble: null };
}
