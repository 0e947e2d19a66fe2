import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveWeb, type WebServer } from "../../src/web/server.ts";
import { createFakeStore } from "../fakes/store.ts";
import { fillHostileStore, HOSTILE_LINE_PATH } from "../web/hostile.ts";
import { HOSTS, NOW } from "../web/sample.ts";
import { filled, readySaying, webOn } from "../web/web-under-test.ts";

const CHROMIUM = process.env["HULLKEEPER_CHROMIUM"] ?? "/usr/bin/chromium";
/** Where to leave the screenshots for somebody to look at. */
const KEEP_IN = process.env["HULLKEEPER_SCREENSHOTS"];
const OVERVIEW = "/?refresh=off";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];
const NARROW = { viewport: { width: 380, height: 900 } };
const LOOPBACK = { host: "127.0.0.1", port: 0 };
const LINE = "/lines/docker.io/bellsoft/hardened-liberica-runtime-container:jre-25-nonroot-musl";

const present = existsSync(CHROMIUM);
describe.skipIf(!present)(`pages in ${present ? "a browser" : `no browser: there is no ${CHROMIUM}`}`, () => {
  let browser: Browser;
  let busy: WebServer;
  let hostile: WebServer;
  let folder: string;

  beforeAll(async () => {
    folder = KEEP_IN ?? mkdtempSync(join(tmpdir(), "hullkeeper-pages-"));
    mkdirSync(folder, { recursive: true });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    busy = await serveWeb(webOn(await filled(), { gate: { states: async () => HOSTS } }), LOOPBACK);
    const store = createFakeStore();
    await fillHostileStore(store);
    const fault = '<script id="evil">document.title = "evil"</script>';
    const [host] = HOSTS;
    const hosts =
      host === undefined ? [] : [{ ...host, lastError: { code: fault, message: fault, at: NOW } }];
    const gate = { states: async () => hosts };
    hostile = await serveWeb(webOn(store, { gate, ready: readySaying({ name: fault, fault }) }), LOOPBACK);
  });

  afterAll(async () => {
    await browser?.close();
    await Promise.all([busy?.close(), hostile?.close()]);
    if (KEEP_IN === undefined) rmSync(folder, { recursive: true });
  });

  /** Looks at a page, and closes it with everything the browser complained about. */
  const look = async <T>(url: string, options: BrowserContextOptions, at: (page: Page) => Promise<T>) => {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const complaints: string[] = [];
    const requested: string[] = [];
    page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("dialog", (dialog) => complaints.push(`dialog: ${dialog.message()}`));
    page.on("request", (request) => requested.push(request.url()));
    await page.goto(url);
    const seen = await at(page);
    await context.close();
    return { seen, complaints, requested };
  };

  const sizes = [1400, 720, 380].flatMap((width) =>
    (["light", "dark"] as const).flatMap((colorScheme) =>
      [OVERVIEW, LINE].map((path) => ({ width, colorScheme, path })),
    ),
  );

  it.each(sizes)(
    "$path at $width px, $colorScheme: no complaint, readable, in one column width",
    async (size) => {
      const options = { viewport: { width: size.width, height: 900 }, colorScheme: size.colorScheme };
      const { seen, complaints, requested } = await look(`${busy.url}${size.path}`, options, async (page) => {
        const name = `${size.path === OVERVIEW ? "overview" : "line"}-${size.width}-${size.colorScheme}.png`;
        const picture = await page.screenshot({ path: join(folder, name), fullPage: true });
        return { picture: picture.byteLength, ...(await auditOf(page)) };
      });
      expect(complaints).toEqual([]);
      expect(requested.every((url) => url.startsWith(busy.url))).toBe(true);
      expect(seen.picture).toBeGreaterThan(10_000);
      expect(seen.overflowPx).toBe(0);
      expect(seen.textsChecked).toBeGreaterThan(50);
      expect(seen.lowContrast).toEqual([]);
    },
  );

  it.each([OVERVIEW, LINE])("%s can be read without eyes", async (path) => {
    const { seen } = await look(`${busy.url}${path}`, NARROW, structureOf);
    expect(seen.language).toBe("en");
    expect(seen.title).toContain("Hullkeeper");
    expect(seen.headings.filter((level) => level === 1)).toHaveLength(1);
    expect(seen.headings.every((level, at) => level - (seen.headings[at - 1] ?? 0) <= 1)).toBe(true);
    expect(seen.landmarks).toEqual(["HEADER", "MAIN", "FOOTER"]);
    expect(seen.tables.length).toBeGreaterThan(2);
    for (const table of seen.tables) expect(table).toMatchObject({ hasCaption: true, headsWithoutScope: 0 });
    expect(seen.duplicateIds).toEqual([]);
    expect(seen.namelessLinks).toBe(0);
    expect(seen.badgesWithoutWords).toBe(0);
    expect(seen.firstFocus).toBe("Skip to content");
    // Rows laid out as cards are still rows of a table to a screen reader.
    expect(await tablesInTreeOf(`${busy.url}${path}`)).toBe(seen.tables.length);
  });

  it.each([OVERVIEW, HOSTILE_LINE_PATH])("%s shows hostile text and does nothing it says", async (path) => {
    const { seen, complaints } = await look(`${hostile.url}${path}`, NARROW, (page) =>
      page.evaluate(`({
        foreign: document.querySelectorAll("b[id], script, img[src=x], [onerror]").length,
        shown: document.body.innerText.includes('<b id="owner">'),
        title: document.title,
        overflowPx: Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth),
      })`),
    );
    expect(seen).toMatchObject({
      foreign: 0,
      shown: true,
      overflowPx: 0,
      title: expect.stringMatching(/ · Hullkeeper$/),
    });
    expect(complaints).toEqual([]);
  });

  it("would complain about a style or a script that is not ours", async () => {
    const { complaints } = await look(`${busy.url}${OVERVIEW}`, {}, (page) =>
      page.evaluate(
        `document.body.insertAdjacentHTML("beforeend", "<p style='color: red'>x</p><img src='https://127.0.0.1:9/x'>")`,
      ),
    );
    expect(complaints.join("\n")).toMatch(
      /inline style violates[^]*Loading the image 'https:\/\/127\.0\.0\.1:9\/x' violates/,
    );
  });

  it("asks again by itself", async () => {
    const { requested } = await look(`${busy.url}/`, {}, (page) =>
      page.waitForRequest((request) => request.isNavigationRequest(), { timeout: 60_000 }),
    );
    expect(requested.filter((url) => url === `${busy.url}/`)).toHaveLength(2);
  });

  it("follows a line from the overview and comes back", async () => {
    const { seen } = await look(`${busy.url}${OVERVIEW}`, {}, async (page) => {
      await page.locator("#watches ~ table a", { hasText: "hardened-python" }).click();
      const heading = await page.locator("h1").innerText();
      await page.getByRole("link", { name: "Overview" }).click();
      return [heading, await page.locator("h1").innerText()];
    });
    expect(seen).toEqual(["bellsoft/hardened-python:3.14-glibc", "Overview"]);
  });

  const tablesInTreeOf = async (url: string): Promise<number> => {
    const { seen } = await look(url, NARROW, async (page) => {
      const tables = await page.getByRole("table").count();
      const rows = await page.getByRole("row").count();
      return rows > tables ? tables : 0;
    });
    return seen;
  };
});

/** What a person with eyes would trip over: text beyond the edge, and text that hardly stands out (WCAG 2.2 AA, 4.5 to 1). */
async function auditOf(
  page: Page,
): Promise<{ overflowPx: number; textsChecked: number; lowContrast: readonly string[] }> {
  return page.evaluate(`(() => {
    const numbers = (color) => color.match(/[0-9.]+/g).map(Number);
    const luminance = (color) => {
      const [r, g, b] = numbers(color).map((value) => value / 255)
        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const backgroundOf = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const color = getComputedStyle(at).backgroundColor;
        if ((numbers(color)[3] ?? 1) === 1) return color;
      }
      return "rgb(255, 255, 255)";
    };
    const texts = [...document.querySelectorAll("body *")].filter((element) =>
      [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ""));
    const lowContrast = texts.flatMap((element) => {
      const [one, two] = [luminance(getComputedStyle(element).color), luminance(backgroundOf(element))];
      const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
      return ratio >= 4.5 ? [] : [element.tagName + " " + element.className + " " + ratio.toFixed(2)];
    });
    const root = document.documentElement;
    return { overflowPx: Math.max(0, root.scrollWidth - root.clientWidth), textsChecked: texts.length, lowContrast };
  })()`);
}

interface Structure {
  readonly language: string;
  readonly title: string;
  readonly headings: readonly number[];
  readonly landmarks: readonly string[];
  readonly tables: readonly { readonly hasCaption: boolean; readonly headsWithoutScope: number }[];
  readonly duplicateIds: readonly string[];
  readonly namelessLinks: number;
  readonly badgesWithoutWords: number;
  readonly firstFocus: string;
}

/** What a screen reader goes by. */
async function structureOf(page: Page): Promise<Structure> {
  await page.keyboard.press("Tab");
  return page.evaluate(`(() => {
    const all = (selector, within = document) => [...within.querySelectorAll(selector)];
    const ids = all("[id]").map(({ id }) => id);
    return {
      language: document.documentElement.lang,
      title: document.title,
      headings: all("h1, h2, h3").map(({ tagName }) => Number(tagName[1])),
      landmarks: all("header, main, footer").map(({ tagName }) => tagName),
      tables: all("table").map((table) => ({
        hasCaption: (table.caption?.textContent ?? "").trim() !== "",
        headsWithoutScope: all("th:not([scope])", table).length,
      })),
      duplicateIds: ids.filter((id, at) => ids.indexOf(id) !== at),
      namelessLinks: all("a").filter((link) => link.textContent.trim() === "").length,
      badgesWithoutWords: all(".badge").filter((badge) => !/[a-z]{3}/.test(badge.textContent)).length,
      firstFocus: document.activeElement.textContent,
    };
  })()`);
}
