import { describe, expect, it } from "vitest";
import { digestNamed, RUNTIME } from "./sample.ts";
import { filled, pageOf, rowsOf, textOf, webOn } from "./web-under-test.ts";

describe("the page about an image line", () => {
  it("shows the digest in full, who signed it, and each candidate", async () => {
    const page = await pageOf(
      path("hardened-liberica-runtime-container:jre-25-nonroot-musl"),
      await filled(),
    );
    expect(textOf(page)).toContain(digestNamed("jre 2").slice("sha256:".length));
    expect(rowsOf(page, "evidence")[1]).toMatch(
      /^attestation https:\/\/cyclonedx\.org\/bom ✓ accepted proves the statement; BellSoft SHA256:\S+ \.att tag/,
    );
    expect(rowsOf(page, "skipped")).toEqual([
      "referrer of a type we do not know unknown-type application/vnd.acme.scan+json",
    ]);
  });

  it("shows code and detail of a refused candidate", async () => {
    const page = await pageOf(path("hardened-python:3.14-glibc"), await filled());
    expect(rowsOf(page, "evidence")[0]).toContain(
      "✕ refused signed by a key that the profile does not trust signature-key-unknown none of the 1 keys",
    );
    expect(textOf(page)).toContain("1 signature, made by no key of the profile bellsoft");
  });

  it("shows since when evidence is missing", async () => {
    const page = await pageOf(path("hardened-base:musl"), await filled());
    expect(textOf(page)).toContain("Missing signature since 24 Nov 2026, 14:08 UTC (4 min)");
    expect(page).toContain("Nothing claims to prove anything about this digest.");
  });

  it("shows where the tag has been, newest first", async () => {
    const rows = rowsOf(await pageOf(path("hardened-go:1.27-musl"), await filled()), "history");
    expect(rows.map((row) => row.split(" ")[0])).toEqual(
      ["go 1", "go 2", "go 1"].map((name) => digestNamed(name).slice(7, 19)),
    );
  });

  it("shows only timers and proposals of this line", async () => {
    const page = await pageOf(path("hardened-go:1.27-musl"), await filled());
    expect(rowsOf(page, "timers")).toHaveLength(1);
    expect(rowsOf(page, "proposals")).toHaveLength(0);
  });

  it("is reached from the overview, whatever the registry's host", async () => {
    const web = webOn(await filled());
    const page = await (await web.request("/")).text();
    const links = [...new Set(page.match(/\/lines\/[^"]+/g))];
    expect(links).toHaveLength(6);
    expect(links).toContain("/lines/registry.acme.internal:5000/mirror/bellsoft/hardened-nodejs:24-musl");
    for (const link of links) expect((await web.request(link)).status).toBe(200);
  });

  it("still answers for a line that nobody uses any more", async () => {
    const store = await filled();
    for (const scan of await store.scans()) await store.saveScan({ ...scan, places: [] });
    const answer = await webOn(store).request(path("hardened-base:musl"));
    expect(answer.status).toBe(200);
    expect(textOf(await answer.text())).toContain("Used by nobody any more");
  });

  it.each([
    ["a line nobody knows", "/lines/docker.io/bellsoft/other:musl"],
    ["no tag", `/lines/docker.io/${RUNTIME}`],
    ["a digest", `/lines/docker.io/${RUNTIME}:musl@${digestNamed("jre 2")}`],
    ["not a reference", "/lines/docker.io/UPPER/case:musl"],
    ["a path that climbs", "/lines/..%2f..%2fetc/passwd:x"],
    ["markup", "/lines/%3Cscript%3Ealert(1)%3C%2Fscript%3E:x"],
    ["broken escapes", "/lines/%E0%A4%A:x"],
    ["nothing", "/lines/"],
    ["very long", `/lines/${"a".repeat(5_000)}:x`],
    ["another page", "/admin"],
  ])("answers 404 for %s", async (_title, requested) => {
    const answer = await webOn(await filled()).request(requested);
    expect(answer.status).toBe(404);
    const page = await answer.text();
    expect(page).toContain("<h1>Not found</h1>");
    expect(page).not.toContain("<script");
  });

  it.each(["POST", "PUT", "DELETE"])("answers 404 to %s", async (method) => {
    expect((await webOn(await filled()).request("/", { method })).status).toBe(404);
  });
});

function path(line: string): string {
  return `/lines/docker.io/bellsoft/${line}`;
}
