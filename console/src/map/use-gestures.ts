/** Pointer, wheel and touch gestures on the map: drag, wheel, pinch, double click, tap. */
import { useEffect, useRef, type RefObject } from "react";
import { panBy, zoomAt, type Camera, type Size } from "./camera.ts";

export interface GestureTarget {
  readonly camera: () => Camera;
  readonly size: () => Size;
  readonly move: (camera: Camera) => void;
  /** The pointer rests at (x, y); null when it left. `touch` asks for a wider reach. */
  readonly hover: (at: { x: number; y: number } | null) => void;
  readonly tap: (at: { x: number; y: number; touch: boolean }) => void;
}

/** A press that moves farther than this is a drag. */
const dragSlopPx = 4;

export function useGestures(element: RefObject<HTMLElement | null>, target: GestureTarget): void {
  const latest = useRef(target);
  latest.current = target;
  useEffect(() => {
    const node = element.current!;
    const pointers = new Map<number, { x: number; y: number }>();
    let dragged = false;
    let start = { x: 0, y: 0 };

    const position = (event: PointerEvent | WheelEvent | MouseEvent) => {
      const box = node.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const spread = () => {
      const [a, b] = [...pointers.values()];
      return a && b ? { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, length: Math.hypot(a.x - b.x, a.y - b.y) } : null;
    };

    const down = (event: PointerEvent): void => {
      if (event.button !== 0) return;
      pointers.set(event.pointerId, position(event));
      if (pointers.size === 1) {
        dragged = false;
        start = position(event);
      } else dragged = true;
      node.setPointerCapture(event.pointerId);
    };
    const move = (event: PointerEvent): void => {
      const { camera, size, move: go, hover } = latest.current;
      const at = position(event);
      const before = pointers.get(event.pointerId);
      if (!before) return hover(at);
      const pinchBefore = spread();
      pointers.set(event.pointerId, at);
      if (!dragged && Math.hypot(at.x - start.x, at.y - start.y) > dragSlopPx) dragged = true;
      if (!dragged) return;
      hover(null);
      const pinch = spread();
      if (pinchBefore && pinch) {
        const panned = panBy(camera(), pinch.x - pinchBefore.x, pinch.y - pinchBefore.y);
        go(zoomAt(panned, size(), pinch.x, pinch.y, pinch.length / Math.max(1, pinchBefore.length)));
      } else go(panBy(camera(), at.x - before.x, at.y - before.y));
    };
    const up = (event: PointerEvent): void => {
      if (!pointers.delete(event.pointerId)) return;
      if (!dragged && event.type === "pointerup") {
        latest.current.tap({ ...position(event), touch: event.pointerType !== "mouse" });
      }
    };
    const leave = (): void => latest.current.hover(null);
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      const { camera, size, move: go } = latest.current;
      const { x, y } = position(event);
      // Lines and pages to pixels; a pinch on a touch pad arrives as a wheel event with the control key and small steps.
      const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
      const factor = Math.exp(-event.deltaY * unit * (event.ctrlKey ? 0.01 : 0.0018));
      go(zoomAt(camera(), size(), x, y, factor));
    };
    const doubleClick = (event: MouseEvent): void => {
      const { camera, size, move: go } = latest.current;
      const { x, y } = position(event);
      go(zoomAt(camera(), size(), x, y, 2));
    };

    node.addEventListener("pointerdown", down);
    node.addEventListener("pointermove", move);
    node.addEventListener("pointerup", up);
    node.addEventListener("pointercancel", up);
    node.addEventListener("pointerleave", leave);
    node.addEventListener("wheel", wheel, { passive: false });
    node.addEventListener("dblclick", doubleClick);
    return () => {
      node.removeEventListener("pointerdown", down);
      node.removeEventListener("pointermove", move);
      node.removeEventListener("pointerup", up);
      node.removeEventListener("pointercancel", up);
      node.removeEventListener("pointerleave", leave);
      node.removeEventListener("wheel", wheel);
      node.removeEventListener("dblclick", doubleClick);
    };
  }, [element]);
}
