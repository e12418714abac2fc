import { useEffect, useRef } from "react";

/** Runs `actions[key]` for a key pressed anywhere but in a field, a dialog or with a modifier held. */
export function useShortcuts(actions: Readonly<Record<string, () => void>>): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
      const { target } = event;
      if (!(target instanceof Element)) return;
      if (target.closest("input, textarea, select, [role=dialog]")) return;
      // Space presses the button that has the focus.
      if (event.key === " " && target.closest("button, a, [role=radio]")) return;
      const action = latest.current[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}
