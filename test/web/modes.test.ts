import { describe, expect, it } from "vitest";
import type { Profile, ProfileMode } from "../../src/vendor/profile.ts";
import { createFakeStore } from "../fakes/store.ts";
import { keyPolicy } from "../fakes/policy.ts";
import { NOW } from "./sample.ts";
import { filled, pageOf, rowsOf, textOf } from "./web-under-test.ts";

const WORDS = "observed: not proposed until enforced";
const LINE = "/lines/docker.io/bellsoft/hardened-liberica-runtime-container:jre-25-nonroot-musl";

/** The profile of the sample's images, in this mode. */
function profile(mode: ProfileMode): Profile {
  return {
    id: "bellsoft",
    name: "BellSoft Hardened Images",
    images: [/^docker\.io\/bellsoft\/hardened-[^/]*$/],
    policy: keyPolicy([]),
    mode,
    signerHint: "",
  };
}

describe("what only observes", () => {
  const options = { profiles: [profile("observed")] };

  it("is told beside each verdict, and beside what is behind", async () => {
    const page = await pageOf("/", await filled(), options);
    const watches = rowsOf(page, "watches").filter((row) => row.startsWith("bellsoft/"));
    expect(watches.length).toBeGreaterThan(3);
    expect(watches.filter((row) => !row.includes(WORDS))).toEqual([]);
    const handled = rowsOf(page, "handled");
    expect(handled.find((row) => row.startsWith("Dockerfile:6 acme/shop"))).toContain(`○ behind ${WORDS}`);
    expect(handled.join("\n")).not.toContain("● behind");
  });

  it("is no alarm in the summary", async () => {
    const store = await filled();
    expect(textOf(await pageOf("/", store))).toContain("watches rejected 1");
    expect(textOf(await pageOf("/", store, options))).toContain("watches rejected 0");
  });

  it("is told on the page about a line", async () => {
    expect(textOf(await pageOf(LINE, await filled(), options))).toContain(WORDS);
  });
});

it("says nothing of it where a profile decides", async () => {
  const options = { profiles: [profile("enforced")] };
  const store = await filled();
  expect(await pageOf("/", store, options)).not.toContain("until enforced");
  expect(await pageOf(LINE, store, options)).not.toContain("until enforced");
});

describe("what has ended", () => {
  const options = { profiles: [profile("discontinued")] };

  it("is never up to date, whatever is still known of it", async () => {
    const page = await pageOf("/", await filled(), options);
    const handled = rowsOf(page, "handled").filter((row) => !row.startsWith("sidecar/"));
    expect(handled).toHaveLength(5);
    expect(handled.filter((row) => !row.includes("✕ service ended"))).toEqual([]);
    const watches = rowsOf(page, "watches").filter((row) => row.startsWith("bellsoft/"));
    expect(watches.filter((row) => !row.includes("service ended not watched any more"))).toEqual([]);
  });

  it("is told on the page about a line", async () => {
    const facts = textOf(await pageOf(LINE, await filled(), options));
    expect(facts).toContain("Verdict ✕ service ended not watched any more");
  });

  it("is listed as seen, with the notice, and whatever that holds shows as text", async () => {
    const store = createFakeStore();
    await store.saveScan({
      codeRepository: { owner: "acme", name: "shop" },
      branch: "main",
      commit: "4f2a9c1e77d0b3a85c6e1f09d2b7a4c8e5f60312",
      scannedAt: NOW,
      places: [
        {
          path: "Dockerfile",
          line: 1,
          raw: "reg.mini.dev/nginx",
          state: {
            kind: "seen",
            reason: "service-ended",
            profile: "minimus",
            notice: "Offline since <b>October</b>.",
          },
        },
      ],
      skipped: [],
    });
    const page = await pageOf("/", store);
    expect(page).toContain("&lt;b&gt;October");
    const [row] = rowsOf(page, "seen");
    expect(row).toContain("its vendor has ended this image: no fix will come, not watched service-ended");
  });
});
