import { describe, expect, test } from "vitest";
import { DAY_MS, later } from "../../src/time.ts";
import { discover } from "../../workers/discover.ts";
import {
  BASE,
  type Bench,
  createBench,
  digest,
  dockerfile,
  GLIBC,
  MUSL,
  NOW,
  profileOf,
  SHOP,
} from "./bench.ts";
import { PATH } from "./propose-bench.ts";

/** What a vendor tells of the end of its images, where code pins them. */

const OLD = digest("01d");
const images = [/^docker\.io\/bellsoft\/hardened-base$/];
const notice = "Move to glibc.";
const NAME = "docker.io/bellsoft/hardened-base:musl";

async function scanned(text: string, endsAt = later(NOW, 2 * DAY_MS)): Promise<Bench> {
  const profile = { ...profileOf(), lifecycle: [{ images, word: "musl", endsAt, notice }] };
  const bench = createBench({ profiles: [profile] });
  bench.codeHost.create(SHOP, { [PATH]: text });
  await bench.run(discover, { codeRepository: SHOP });
  return bench;
}

const pinned = dockerfile([MUSL, OLD], [MUSL, digest("0e")], [GLIBC, OLD]);

describe("the end of an image that code pins", () => {
  test("is told once before it comes, and once when it has come, however often code is scanned", async () => {
    const bench = await scanned(pinned);
    for (let day = 0; day < 4; day += 1) {
      bench.clock.advance(DAY_MS);
      await bench.run(discover, { codeRepository: SHOP });
    }
    expect(await bench.told()).toEqual([`end-of-life ${NAME}`, `end-of-life ${NAME}`]);
    expect(await bench.messages("end-of-life")).toEqual([
      "its vendor builds it until 26 Nov 2026: Move to glibc.",
      "its vendor builds it no more since 26 Nov 2026: Move to glibc.",
    ]);
  });

  test("takes nothing from it: it is watched as before", async () => {
    const bench = await scanned(pinned, later(NOW, -DAY_MS));
    expect((await bench.store.linesOf(BASE)).map(({ tag }) => tag)).toEqual(["glibc", "musl"]);
  });

  test.each([
    { title: "code pins another tag", text: dockerfile([GLIBC, OLD]) },
    { title: "code names it without a digest", text: `FROM bellsoft/hardened-base:musl\n` },
    { title: "code names no image", text: "# nothing\n" },
  ])("is not told where $title", async ({ text }) => {
    expect(await (await scanned(text)).told()).toEqual([]);
  });
});
