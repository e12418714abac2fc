/** Light or dark: the system's choice until the reader makes one. */
import { useSyncExternalStore } from "react";
import { flushSync } from "react-dom";

export type Theme = "light" | "dark";

const storageKey = "disperse-theme";
const system = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function chosen(): Theme | null {
  try {
    const value = window.localStorage.getItem(storageKey);
    return value === "light" || value === "dark" ? value : null;
  } catch {
    // Storage may be switched off; then the system's choice holds.
    return null;
  }
}

const chosenOrSystem = (): Theme => chosen() ?? (system.matches ? "dark" : "light");

let theme = chosenOrSystem();

function apply(next: Theme): void {
  theme = next;
  document.documentElement.dataset["theme"] = next;
  for (const listener of listeners) listener();
}

system.addEventListener("change", () => {
  apply(chosenOrSystem());
});

// Paper is white, and printed as soon as these have returned.
window.addEventListener("beforeprint", () => flushSync(() => apply("light")));
window.addEventListener("afterprint", () => apply(chosenOrSystem()));

/** Sets the page's theme before the first paint. */
export function initialiseTheme(): void {
  apply(theme);
}

export function toggleTheme(): void {
  const next = theme === "dark" ? "light" : "dark";
  try {
    window.localStorage.setItem(storageKey, next);
  } catch {
    // Then the choice lasts as long as the page.
  }
  apply(next);
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => theme,
  );
}
