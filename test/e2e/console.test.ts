import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  accessibilityViolations,
  launchBrowser,
  mapIsPainted,
  missingForBrowserTests,
  openPage,
  soon,
  visit,
} from "./console-browser.ts";
import { financeReport } from "../../src/plan/index.ts";
import { fixtureFigures, fixturePlan, fixtureSimulation } from "./console-fixture.ts";
import { serveConsole, type ConsoleServer } from "./console-server.ts";

const missing = missingForBrowserTests();
if (missing !== null) process.stderr.write(`browser tests of the console are skipped: ${missing}\n`);

describe.skipIf(missing !== null)("the console in a browser", () => {
  const plan = fixturePlan();
  let browser: Browser;
  /** One tab for all tests: each visits the console in it as if for the first time. */
  let page: Page;
  let server: ConsoleServer;
  /** A gateway with a plan and nothing else. */
  let bare: ConsoleServer;

  beforeAll(async () => {
    browser = await launchBrowser();
    page = await browser.newPage();
    server = await serveConsole({ plan, simulation: fixtureSimulation(plan) });
    bare = await serveConsole({
      plan,
      simulation: null,
      survival: { failure: "site berlin", ratio: 0.152, period: 0 },
    });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await bare?.close();
  });

  it("draws every view without an error and without leaving its origin, and sums the ledger", async () => {
    const { errors, foreign } = await visit(page, server.origin);
    await page.getByText("Europe, three tiers").waitFor();
    for (const view of ["Cost", "Service", "Unserved", "Requests", "Plan", "Ledger", "Map"]) {
      await page.getByRole("navigation").getByRole("link", { name: view }).click();
      await page.getByRole("main").waitFor();
    }
    await page.getByRole("navigation").getByRole("link", { name: "Cost" }).click();
    await page.locator(".chart svg").waitFor();
    await page.getByRole("navigation").getByRole("link", { name: "Service" }).click();
    await page.locator(".chart svg").first().waitFor();
    await sumsTheLedger();
    expect(errors).toEqual([]);
    expect(foreign).toEqual([]);
  });

  /** In a page that is open already: loading it takes longer than all of this. */
  async function sumsTheLedger() {
    await page.getByRole("navigation").getByRole("link", { name: "Ledger" }).click();
    const tenants = page.getByRole("region", { name: "By tenant" });
    await tenants.getByRole("row", { name: /^shop/ }).waitFor();
    expect(await tenants.getByRole("row").count()).toBe(4);
    const attempts = page
      .locator(".figures div")
      .filter({ has: page.getByText("Attempts", { exact: true }) })
      .locator(".large");
    const week = Number(await attempts.textContent());
    await page.getByRole("radio", { name: "All" }).click();
    await expect.poll(async () => Number(await attempts.textContent()), soon).toBeGreaterThan(week);
    expect(new URL(page.url()).searchParams.get("span")).toBe("all");
    await page.getByRole("radio", { name: "Emulated" }).click();
    await page.getByText("nobody owes them", { exact: false }).waitFor();
  }

  it("paints land, sites and flows on the map, and paints them anew in the dark", async () => {
    await visit(page, server.origin);
    await mapIsPainted(page);
    const background = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    const light = await background();
    await page.keyboard.press("d");
    await expect.poll(background, soon).not.toBe(light);
    await mapIsPainted(page);
    await page.reload();
    await page.getByTestId("map-base").waitFor();
    expect(await background()).not.toBe(light);
  });

  it("follows the system's dark mode until told otherwise", async () => {
    await visit(page, server.origin, { colorScheme: "dark" });
    await expect.poll(() => page.evaluate<string>("document.documentElement.dataset.theme"), soon).toBe("dark");
  });

  it("shows a site's panel when its mark is clicked, and puts it in the address", async () => {
    const site = plan.world.sites.find(({ name }) => name === "London")!;
    await visit(page, `${server.origin}/?at=${site.longitude},${site.latitude},12`);
    await mapIsPainted(page);
    const box = (await page.getByTestId("map-base").boundingBox())!;
    const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    await page.mouse.move(middle.x, middle.y);
    await page.locator(".map-tooltip").getByText(site.name).waitFor();
    await page.mouse.click(middle.x, middle.y);
    await page.getByTestId("site-panel").getByRole("heading", { name: site.name }).waitFor();
    expect(new URL(page.url()).searchParams.get("site")).toBe(site.id);
    await page.getByText("Why it is open").waitFor();
    await page.getByText("1 place drained").waitFor();
  });

  it("opens the same site from a copied address, and Back closes it", async () => {
    await visit(page, server.origin);
    await page.keyboard.press("n");
    await page.getByTestId("site-panel").waitFor();
    const copy = await openPage(browser, page.url());
    const heading = copy.page.getByTestId("site-panel").getByRole("heading", { level: 2 });
    expect(await heading.textContent()).toBe(
      await page.getByTestId("site-panel").getByRole("heading", { level: 2 }).textContent(),
    );
    await page.goBack();
    await expect.poll(() => page.getByTestId("site-panel").count(), soon).toBe(0);
    await copy.page.close();
  });

  it("goes by keyboard from site to site, to the table and to the list of keys", async () => {
    await visit(page, server.origin);
    await page.keyboard.press("n");
    const first = await page.getByTestId("site-panel").getByRole("heading", { level: 2 }).textContent();
    await page.keyboard.press("n");
    await expect
      .poll(() => page.getByTestId("site-panel").getByRole("heading", { level: 2 }).textContent(), soon)
      .not.toBe(first);
    await page.keyboard.press("Escape");
    await expect.poll(() => page.getByTestId("site-panel").count(), soon).toBe(0);
    await page.keyboard.press("t");
    await page.getByRole("region", { name: "Open sites" }).waitFor();
    expect(await page.getByRole("row").count()).toBeGreaterThan(plan.sites.length);
    const shut = plan.world.sites.find((_, site) => !plan.sites.some((entry) => entry.site === site))!;
    await page.keyboard.press("/");
    await page.keyboard.type(shut.id);
    await page.getByRole("button", { name: shut.name, exact: true }).waitFor();
    await page.getByText(/^1 of /).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("2");
    await page.getByRole("heading", { name: "Cost", exact: true }).waitFor();
    // A letter that comes right behind it is not a shortcut.
    const slash = 'new KeyboardEvent("keydown", { key: "/", bubbles: true, cancelable: true })';
    const field = await page.evaluate(
      `(document.body.dispatchEvent(${slash}), document.activeElement?.getAttribute("aria-label"))`,
    );
    expect(field).toBe("Find a site");
  });

  it("moves and zooms the map by key and wheel, and remembers where it was", async () => {
    await visit(page, server.origin);
    await mapIsPainted(page);
    await page.getByRole("application").focus();
    await page.keyboard.press("+");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => new URL(page.url()).searchParams.get("at"), soon).toMatch(/^-?[\d.]+,-?[\d.]+,[\d.]+$/);
    const zoomOf = () => Number(new URL(page.url()).searchParams.get("at")?.split(",")[2]);
    const zoom = zoomOf();
    await page.mouse.move(500, 500);
    await page.mouse.wheel(0, -400);
    await expect.poll(zoomOf, soon).toBeGreaterThan(zoom);
    await page.keyboard.press("f");
    await expect.poll(() => new URL(page.url()).searchParams.has("at"), soon).toBe(false);
  });

  it("shows how the plan was found, when it is paid for and what it is close to", async () => {
    const { errors } = await visit(page, `${server.origin}/?view=plan`);
    await page.getByRole("img", { name: /best plan found/ }).waitFor();
    await page.getByRole("img", { name: /Capital per period/ }).waitFor();
    const investment = page.getByRole("region", { name: "Investment by period" });
    expect(await investment.getByRole("row").count()).toBe(2);
    expect(errors).toEqual([]);
  });

  it("draws results of the command line that the reader opens, and says why it cannot draw others", async () => {
    const { errors } = await visit(page, `${server.origin}/?view=plan`);
    const json = (name: string, value: unknown) => ({
      name,
      mimeType: "application/json",
      buffer: Buffer.from(typeof value === "string" ? value : JSON.stringify(value)),
    });
    const figures = fixtureFigures(1e6);
    const end = (value: number, factor: number) => ({ value, figures: fixtureFigures(1e6 * factor), driver: null });
    const swing = { name: "demand", kind: "factor", low: end(0.7, 0.8), high: end(1.5, 1.6) };
    const point = { penaltyFactor: 1, attainmentRatio: null, attainedRatio: 0.8, figures, dominated: false };
    await page.getByLabel("Results to show").setInputFiles([
      json("tornado.json", {
        format: "disperse/sensitivity/v1",
        base: figures,
        swings: [{ ...swing, swingUsdPerYear: 8e5, significant: true }],
        complete: true,
      }),
      json("front.json", { format: "disperse/pareto/v1", points: [point, { ...point, attainedRatio: 0.9 }] }),
      json("cut.json", "{"),
    ]);
    const study = (name: string) => page.getByRole("region", { name, exact: true });
    await study("tornado.json")
      .getByRole("row", { name: /^demand/ })
      .waitFor();
    await study("tornado.json").locator(".chart svg").waitFor();
    await study("front.json").locator(".chart svg").waitFor();
    await study("cut.json").getByText("It is no JSON", { exact: false }).waitFor();
    expect(await accessibilityViolations(page)).toEqual([]);
    expect(errors).toEqual([]);
  });

  it("tells whoever pays what the plan returns: net present value, rate of return and payback, as the command does", async () => {
    await visit(page, `${server.origin}/?view=cost`);
    const table = page.getByRole("region", { name: "Return in all, by owner and by tier" });
    await table.waitFor();
    expect(await table.getByRole("columnheader").allTextContents()).toEqual(
      expect.arrayContaining(["Invested", "Revenue a year", "Gross margin", "NPV", "IRR", "Payback"]),
    );
    const { all } = financeReport(plan, 5);
    const row = await table.getByRole("row", { name: /^All/ }).textContent();
    expect(row).toContain(`${all.paybackYears!.toFixed(1)} years`);
    expect(row).toContain(`${((all.irr as { ratePerYear: number }).ratePerYear * 100).toFixed(1)} %`);
  });

  it("lists live requests as they come, holds the list when paused, and explains a route", async () => {
    await visit(page, `${server.origin}/?view=requests`);
    await page.getByText(/^Live ·/).waitFor();
    server.sendLive(5);
    await expect.poll(() => page.locator("tbody tr").count(), soon).toBe(5);
    await page.getByRole("button", { name: "Pause" }).click();
    server.sendLive(5);
    await page.getByText("10 since this page was opened", { exact: false }).waitFor();
    expect(await page.locator("tbody tr").count()).toBe(5);
    await page.getByRole("button", { name: "Resume" }).click();
    await expect.poll(() => page.locator("tbody tr").count(), soon).toBe(10);
    await page.locator("tbody tr").first().getByRole("button").click();
    const drawer = page.getByRole("dialog", { name: "Why this route" });
    await drawer.getByText("Would have come next").waitFor();
    await drawer.getByText("network too long").waitFor();
  });

  it("says so when there is no simulation, no traffic and no plan", async () => {
    const { errors } = await visit(page, bare.origin);
    await page.getByText("Not simulated yet.").waitFor();
    await page.getByText("Requests to the gateway appear here", { exact: false }).waitFor();
    expect(errors).toEqual([]);
    await page.getByText("The loss of site Berlin would leave 15.2 % of it with nowhere to go.").waitFor();
    const empty = await serveConsole({ plan: null, simulation: null });
    const planless = await visit(page, empty.origin);
    await page.getByText("There is no plan here yet.").waitFor();
    expect(planless.errors).toEqual([]);
    await empty.close();
  });

  it("has no accessibility violation in any view, light or dark", async () => {
    // Without transitions: colours half-way between two themes are nobody's.
    await visit(page, server.origin, { reducedMotion: "reduce" });
    await page.getByText(/^Live ·/).waitFor();
    server.sendLive(3);
    // What stands around the views is the same in all of them.
    const views = "main, aside, [role=dialog]";
    expect(await accessibilityViolations(page), "all of the page, light").toEqual([]);
    await page.keyboard.press("d");
    expect(await accessibilityViolations(page, { rules: ["color-contrast"] }), "all of the page, dark").toEqual([]);
    await page.keyboard.press("d");
    // n opens a site's panel, t the table, the figures the other views.
    for (const key of ["n", "t", "2", "3", "4", "5", "6", "7"]) {
      await page.keyboard.press(key);
      await page
        .locator(["2", "3", "6", "7"].includes(key) ? ".chart svg" : "main")
        .first()
        .waitFor();
      expect(await accessibilityViolations(page, { within: views }), `after ${key}, light`).toEqual([]);
      await page.keyboard.press("d");
      const inDark = await accessibilityViolations(page, { within: views, rules: ["color-contrast"] });
      expect(inDark, `after ${key}, dark`).toEqual([]);
      await page.keyboard.press("d");
    }
  }, 60_000);

  it("fits a telephone without sideways scrolling", async () => {
    await visit(page, server.origin, { viewport: { width: 390, height: 844 } });
    await mapIsPainted(page);
    for (const query of ["", "?view=cost", "?view=service", "?view=unserved", "?view=plan", "?view=ledger"]) {
      await page.goto(`${server.origin}/${query}`);
      await page.getByRole("main").waitFor();
      const overhang = await page.evaluate<number>("document.documentElement.scrollWidth - window.innerWidth");
      expect(overhang, query).toBeLessThanOrEqual(0);
    }
  });

  it("prints all of a page and not what the window shows of it, in light colours", async () => {
    await visit(page, `${server.origin}/?view=service`, { colorScheme: "dark" });
    await page.locator(".chart svg text").first().waitFor();
    const hidden = () =>
      page.evaluate<number>(
        "(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)(document.querySelector('main'))",
      );
    const look = () =>
      page.evaluate<string>(
        "document.documentElement.dataset.theme + document.querySelector('.chart svg text').getAttribute('fill')",
      );
    expect(await hidden()).toBeGreaterThan(100);
    await page.emulateMedia({ media: "print" });
    expect(await hidden()).toBeLessThanOrEqual(1);
    expect(await page.getByRole("navigation").count()).toBe(0);
    await page.emulateMedia({ media: "screen" });
    const onScreen = await look();
    expect(onScreen).toMatch(/^dark/);
    // Charts too, before the event returns: the browser prints what is there then.
    const onPaper = await page.evaluate<string>(
      "dispatchEvent(new Event('beforeprint')), document.documentElement.dataset.theme + document.querySelector('.chart svg text').getAttribute('fill')",
    );
    expect(onPaper).toMatch(/^light/);
    expect(onPaper.slice("light".length)).not.toBe(onScreen.slice("dark".length));
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    await expect.poll(look, soon).toBe(onScreen);
  });

  it("shows in a narrow window which view one is in", async () => {
    await visit(page, server.origin, { viewport: { width: 320, height: 256 } });
    await page.goto(`${server.origin}/?view=ledger`);
    const link = page.getByRole("navigation").getByRole("link", { name: "Ledger" });
    await link.waitFor();
    const { x, width } = (await link.boundingBox())!;
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x + width).toBeLessThanOrEqual(320);
  });

  it("keeps the bar at the top legible in narrow windows: nothing over anything else, the question's name whole", async () => {
    await visit(page, server.origin);
    for (const width of [1280, 1000, 800, 320]) {
      await page.setViewportSize({ width, height: 700 });
      const boxes = await page.evaluate<number[][]>(`[".brand", ".scenario h1", ".top nav", ".top-end"].map((name) => {
        const { left, top, right, bottom } = document.querySelector(name).getBoundingClientRect();
        return [left, top, right, bottom];
      })`);
      for (const [i, [left, top, right, bottom]] of boxes.entries()) {
        expect(right, `${width} px`).toBeLessThanOrEqual(width);
        for (const [otherLeft, otherTop, otherRight, otherBottom] of boxes.slice(i + 1)) {
          const apart = right! <= otherLeft! || otherRight! <= left! || bottom! <= otherTop! || otherBottom! <= top!;
          expect(apart, `boxes ${i} and after at ${width} px`).toBe(true);
        }
      }
      const cut = await page.evaluate<number>(
        `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector(".scenario h1"))`,
      );
      expect(cut, `${width} px`).toBeLessThanOrEqual(0);
    }
  });
});
