import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useTheme } from "../app/theme.ts";
import { showView } from "../app/view-state.ts";
import type { LiveFeed } from "../data/live-feed.ts";
import type { Board } from "../model/board.ts";
import { IconButton } from "../ui/IconButton.tsx";
import { clampCamera, fitCamera, panBy, toScreen, zoomAt, type Camera, type Size } from "./camera.ts";
import { crossesCut } from "./arc-curve.ts";
import { formatCamera, parseCamera } from "./camera-text.ts";
import { globePaths, loadLand, type Land } from "./land.ts";
import { MapLegend } from "./MapLegend.tsx";
import { MapTooltip } from "./MapTooltip.tsx";
import { readPalette } from "./palette.ts";
import { pick, type Picked } from "./pick.ts";
import { planeWidth } from "./projection.ts";
import { createMapRenderer, type MapRenderer } from "./renderer.ts";
import { buildScene, siteArcs } from "./scene.ts";
import { useGestures } from "./use-gestures.ts";

const globe = globePaths();
/** From this zoom on the coarse coast line shows its corners. */
const fineZoom = 2.2;
/** As in the style sheet. */
const narrowScreen = "(max-width: 760px)";
/** Room for the controls above and the legend below. */
const fitPadding = { top: 64, right: 48, bottom: 58, left: 36 };

export interface MapViewProps {
  readonly board: Board;
  readonly feed: LiveFeed;
  /** Position in `World.workloads`; null = all. */
  readonly workload: number | null;
  /** Position in `World.sites`. */
  readonly selected: number | null;
  readonly camera: string | null;
}

export function MapView({ board, feed, workload, selected, camera: cameraText }: MapViewProps) {
  const frame = useRef<HTMLDivElement>(null);
  const base = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const renderer = useRef<MapRenderer | null>(null);
  const [size, setSize] = useState<Size | null>(null);
  const [camera, setCamera] = useState<Camera | null>(null);
  const [land, setLand] = useState<Land | null>(null);
  const [hover, setHover] = useState<{ picked: Picked; x: number; y: number } | null>(null);
  const theme = useTheme();
  const scene = useMemo(() => buildScene(board, workload), [board, workload]);
  const state = useRef({ camera, size });
  state.current = { camera, size };

  useEffect(() => {
    renderer.current = createMapRenderer(base.current!, overlay.current!);
    return () => renderer.current?.destroy();
  }, []);

  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      if (width > 0 && height > 0) setSize({ width, height });
    });
    observer.observe(frame.current!);
    return () => observer.disconnect();
  }, []);

  // The first camera: the one in the URL, or the closest that shows the whole plan.
  useEffect(() => {
    if (size && !camera) setCamera(parseCamera(cameraText) ?? fitCamera(scene.bounds, size, fitPadding));
  }, [size, camera, cameraText, scene]);

  const fine = (camera?.zoom ?? 0) >= fineZoom;
  useEffect(() => {
    const abort = new AbortController();
    if (land?.detail === "fine" || (land && !fine)) return undefined;
    // Without outlines the map still works; the sea stays empty.
    loadLand(land ? "fine" : "coarse", abort.signal).then(setLand, () => undefined);
    return () => abort.abort();
  }, [land, fine]);

  useEffect(() => {
    renderer.current!.setContent({ scene, backdrop: { ...globe, land }, palette: readPalette(frame.current!) });
  }, [scene, land, theme]);

  useEffect(() => {
    if (camera && size) renderer.current!.setView(camera, size);
  }, [camera, size]);

  const hoveredSite = hover?.picked.kind === "site" ? hover.picked.site : null;
  useEffect(() => {
    const shown = selected ?? hoveredSite?.index ?? null;
    renderer.current!.setHighlight({
      selected: selected === null ? null : scene.sites[selected]!,
      hovered: hoveredSite,
      arcs: shown === null ? [] : siteArcs(board, scene, shown, workload),
      dim: selected !== null,
    });
  }, [board, scene, selected, hoveredSite, workload]);

  useEffect(() => {
    const areaOf = new Map(board.world.areas.map((area, index) => [area.id, index]));
    const siteOf = new Map(board.world.sites.map((site, index) => [site.id, index]));
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
    return feed.onRequest((request) => {
      const area = scene.areas[areaOf.get(request.area) ?? -1];
      const site = scene.sites[siteOf.get(request.site ?? "") ?? -1];
      // A request no site took shows where it came from.
      const to = site ?? area;
      if (!to || document.hidden) return;
      const from = area ?? to;
      // Where movement is not wanted, or the way leads around the globe, only the ring at the site is shown.
      const still = calm.matches || crossesCut(from.x, to.x, planeWidth);
      const palette = readPalette(frame.current!);
      renderer.current!.addPulse({
        fromX: still ? to.x : from.x,
        fromY: still ? to.y : from.y,
        toX: to.x,
        toY: to.y,
        color: site && request.outcome === "served" ? palette.tier[site.tier] : palette.missed,
        startMs: performance.now(),
      });
    });
  }, [board, feed, scene]);

  // The URL follows once the map rests.
  useEffect(() => {
    if (!camera || !size) return undefined;
    const timer = setTimeout(() => {
      const fitted = fitCamera(scene.bounds, size, fitPadding);
      const same =
        Math.abs(fitted.zoom / camera.zoom - 1) < 1e-3 && Math.hypot(fitted.x - camera.x, fitted.y - camera.y) < 0.05;
      showView({ camera: same ? null : formatCamera(camera) });
    }, 400);
    return () => clearTimeout(timer);
  }, [camera, size, scene]);

  const select = useCallback(
    (index: number | null) => {
      showView({ site: index === null ? null : board.world.sites[index]!.id });
    },
    [board],
  );

  useGestures(frame, {
    camera: () => state.current.camera ?? fitCamera(null, { width: 800, height: 400 }, fitPadding),
    size: () => state.current.size ?? { width: 1, height: 1 },
    move: (next) => {
      state.current.camera = next;
      setCamera(next);
    },
    hover: (at) => {
      const { camera: now, size: extent } = state.current;
      const picked = at && now && extent ? pick(scene, now, extent, at.x, at.y, 14) : null;
      setHover(at && picked ? { picked, x: at.x, y: at.y } : null);
    },
    tap: ({ x, y, touch }) => {
      const { camera: now, size: extent } = state.current;
      if (!now || !extent) return;
      const picked = pick(scene, now, extent, x, y, touch ? 26 : 14);
      select(picked?.kind === "site" ? picked.site.index : null);
    },
  });

  const zoomBy = (factor: number) =>
    camera && size && setCamera(zoomAt(camera, size, size.width / 2, size.height / 2, factor));
  const fit = () => size && setCamera(fitCamera(scene.bounds, size, fitPadding));

  const onKeyDown = (event: KeyboardEvent): void => {
    if (!camera || !size || event.metaKey || event.ctrlKey || event.altKey) return;
    const step = event.shiftKey ? 160 : 60;
    const actions: Record<string, () => void> = {
      ArrowLeft: () => setCamera(panBy(camera, step, 0)),
      ArrowRight: () => setCamera(panBy(camera, -step, 0)),
      ArrowUp: () => setCamera(panBy(camera, 0, step)),
      ArrowDown: () => setCamera(panBy(camera, 0, -step)),
      "+": () => zoomBy(1.5),
      "=": () => zoomBy(1.5),
      "-": () => zoomBy(1 / 1.5),
      f: fit,
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };

  // A site chosen by key or from a table may lie outside of what is shown.
  useEffect(() => {
    const { camera: now, size: extent } = state.current;
    if (selected === null || !now || !extent) return;
    const site = scene.sites[selected]!;
    if (window.matchMedia(narrowScreen).matches) {
      // The site's panel covers the lower half there: bring the site into the upper one.
      frame.current!.scrollIntoView({ block: "start" });
      const aboveMiddle = extent.height / 2 - window.innerHeight * 0.26;
      setCamera(clampCamera({ ...now, x: site.x, y: site.y + aboveMiddle / now.zoom }));
      return;
    }
    const at = toScreen(now, extent, site);
    const margin = 24;
    if (at.x < margin || at.y < margin || at.x > extent.width - margin || at.y > extent.height - margin) {
      setCamera(clampCamera({ ...now, x: site.x, y: site.y }));
    }
  }, [selected, scene]);

  return (
    <div className="map">
      <div
        ref={frame}
        className={`map-frame ${hoveredSite ? "over-site" : ""}`}
        role="application"
        aria-roledescription="map"
        aria-label={`Map of ${board.openSites.length} open sites. Arrow keys move, plus and minus zoom, f shows everything, n and p go from site to site. The same data as a table: press t.`}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <canvas ref={base} className="map-canvas" data-testid="map-base" />
        <canvas ref={overlay} className="map-canvas" />
        {hover && size && <MapTooltip board={board} picked={hover.picked} x={hover.x} y={hover.y} size={size} />}
      </div>
      <MapLegend board={board} />
      <div className="map-buttons" role="group" aria-label="Map">
        <IconButton icon="plus" label="Zoom in" shortcut="+" onClick={() => zoomBy(1.6)} />
        <IconButton icon="minus" label="Zoom out" shortcut="-" onClick={() => zoomBy(1 / 1.6)} />
        <IconButton icon="fit" label="Show everything" shortcut="f" onClick={fit} />
      </div>
    </div>
  );
}
