/** Debian's Chromium for the tests of the console, and pages that report what must not happen in them. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect } from "vitest";
import { chromium, type Browser, type Page } from "playwright-core";
import { chromiums } from "../../scripts/debian.ts";

/** Undefined where Debian's Chromium is not installed. */
export const chromiumPath = chromiums.find((path) => existsSync(path));

/** How long to wait for what the page does by itself; a busy machine takes its time. */
export const soon = { timeout: 15_000 };

/** Why the browser tests cannot run here; null when they can. */
export function missingForBrowserTests(): string | null {
  if (chromiumPath === undefined) return "Debian's package chromium-headless-shell is not installed";
  const built = join(import.meta.dirname, "../../console/dist/index.html");
  return existsSync(built) ? null : "the console is not built (npm run build -w console)";
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath!,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export interface WatchedPage {
  readonly page: Page;
  /** Errors on the page's console and exceptions nobody caught. */
  readonly errors: string[];
  /** Addresses asked for outside of the page's own origin. */
  readonly foreign: string[];
}

const usualViewport = { width: 1440, height: 900 };

export async function openPage(
  browser: Browser,
  url: string,
  options: Parameters<Browser["newPage"]>[0] = {},
): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: usualViewport, ...options });
  const watched = watch(page, new URL(url).origin);
  await page.goto(url);
  await page.getByRole("main").waitFor();
  return watched;
}

function watch(page: Page, ownOrigin: string): WatchedPage {
  const errors: string[] = [];
  const foreign: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error.stack ?? error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(ownOrigin) && !/^(data|blob):/.test(request.url())) foreign.push(request.url());
  });
  return { page, errors, foreign };
}

/**
 * Goes to `url` in a tab that was used before, with nothing remembered from there but the files that may be: a new tab has
 * to compile all scripts again. Errors are those from here on.
 */
export async function visit(
  page: Page,
  url: string,
  { colorScheme = "light", reducedMotion = "no-preference", viewport = usualViewport }: VisitOptions = {},
): Promise<WatchedPage> {
  page.removeAllListeners();
  await page.evaluate("location.origin === 'null' || localStorage.clear()");
  await page.goto("about:blank");
  await page.emulateMedia({ colorScheme, reducedMotion });
  await page.setViewportSize(viewport);
  const watched = watch(page, new URL(url).origin);
  await page.goto(url);
  await page.getByRole("main").waitFor();
  return watched;
}

interface VisitOptions {
  readonly colorScheme?: "light" | "dark";
  readonly reducedMotion?: "reduce" | "no-preference";
  readonly viewport?: { readonly width: number; readonly height: number };
}

// What runs inside of the page is handed over as text: the tests themselves are compiled without the DOM's types.

/** Number of different colours among sampled pixels of the map; 1 means an empty canvas. */
export function mapColours(page: Page): Promise<number> {
  return page.evaluate<number>(`(() => {
    const canvas = document.querySelector("[data-testid=map-base]");
    if (!canvas) return 0;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set();
    for (let at = 0; at < data.length; at += 4 * 97) colours.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
    return colours.size;
  })()`);
}

/** Waits until the map shows more than an empty sea. */
export async function mapIsPainted(page: Page): Promise<void> {
  await expect.poll(() => mapColours(page), soon).toBeGreaterThan(20);
}

export interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly string[];
}

/** What axe finds wrong with the page as it is, by `rules` or by all it knows, in all of it or in what matches `within`. */
export async function accessibilityViolations(
  page: Page,
  { rules, within }: { readonly rules?: readonly string[]; readonly within?: string } = {},
): Promise<Violation[]> {
  if (!(await page.evaluate<boolean>("'axe' in globalThis"))) {
    await page.addScriptTag({ path: createRequire(import.meta.url).resolve("axe-core/axe.min.js") });
  }
  const options = { resultTypes: ["violations"], ...(rules && { runOnly: { type: "rule", values: rules } }) };
  const context = within === undefined ? "document" : `[...document.querySelectorAll(${JSON.stringify(within)})]`;
  return page.evaluate<Violation[]>(`(async () => {
    const { violations } = await axe.run(${context}, ${JSON.stringify(options)});
    return violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map((node) => node.html.slice(0, 160) + " " + node.failureSummary),
    }));
  })()`);
}

/** Takes the picture of the console that the README shows. */
export async function photographConsole(browser: Browser, url: string, file: string): Promise<void> {
  const { page } = await openPage(browser, url, { colorScheme: "dark", deviceScaleFactor: 2 });
  await page.getByTestId("live-ticker").locator("li").nth(5).waitFor();
  await page.screenshot({ path: file });
  await page.close();
}
