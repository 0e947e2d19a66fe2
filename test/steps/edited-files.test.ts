import { describe, expect, test } from "vitest";
import type { FormatFile } from "../../src/edit/format.ts";
import { occurrencesOf } from "../../src/edit/formats.ts";
import type { Place } from "../../src/proposal/plan.ts";
import { editedFiles, pathsOf } from "../../src/steps/edited-files.ts";
import { placeOf } from "../../src/watch/scan.ts";
import { digest, MUSL, profileOf } from "../workers/bench.ts";
import { examplePlan } from "../proposal/example.ts";

const OPTIONS = { shell: false, matchers: [] };
const OLD = digest("01d");
const NEW = digest("4e3");
const NAME = "bellsoft/hardened-base";
const PINNED = `${NAME}:musl@${OLD}`;

const fileOf = (path: string, text: string): FormatFile => ({ path, text });
const from = (path: string, count = 1) => fileOf(path, `FROM ${PINNED}\n`.repeat(count));
const compose = (image: string, path = "compose.yaml") =>
  fileOf(path, `services:\n  shop:\n    image: ${image}\n`);

const moved = (image: string) => fileOf("Dockerfile", `# moved\n\nFROM ${image}\n`);

/** What is edited now of what a scan found before, read as the worker reads it: nothing but the files of the plan. */
function edited(scanned: readonly FormatFile[], now = scanned): readonly FormatFile[] | undefined {
  const places = occurrencesOf(scanned, OPTIONS)
    .map((found) => placeOf(found, { profiles: [profileOf()], mirrors: [], pin: "follow" }))
    .filter(({ state }) => state.kind === "handled")
    .map(({ path, line, via }): Place => ({ path, line, ...(via === undefined ? {} : { via }) }));
  if (places.length === 0) throw new Error("the scan found nothing to edit");
  const [update] = examplePlan().updates;
  if (update === undefined) throw new Error("no update in the example");
  const plan = { updates: [{ ...update, line: MUSL, from: OLD, to: NEW, places }] };
  const paths = pathsOf(plan, OPTIONS);
  return editedFiles(
    plan,
    now.filter(({ path }) => paths.has(path)),
    OPTIONS,
  );
}

describe("nothing is edited when", () => {
  const both = [from("a/Dockerfile"), from("b/Dockerfile")];
  const through = [fileOf(".env", `IMAGE=${PINNED}\n`), compose("${IMAGE}")];
  test.each([
    { title: "one of two files is gone", scanned: both, now: both.slice(1) },
    { title: "all files are gone", scanned: both, now: [] },
    { title: "one of two places is gone", scanned: [from("Dockerfile", 2)], now: [from("Dockerfile")] },
    { title: "there is a place more", scanned: [from("Dockerfile")], now: [from("Dockerfile", 2)] },
    {
      title: "one of two has another digest",
      scanned: both,
      now: [from("a/Dockerfile"), fileOf("b/Dockerfile", `FROM ${NAME}:musl@${NEW}\n`)],
    },
    {
      title: "one of two has another tag",
      scanned: both,
      now: [from("a/Dockerfile"), fileOf("b/Dockerfile", `FROM ${NAME}:glibc@${OLD}\n`)],
    },
    {
      title: "one of two has lost its digest",
      scanned: both,
      now: [from("a/Dockerfile"), fileOf("b/Dockerfile", `FROM ${NAME}:musl\n`)],
    },
    { title: "the file that leads to the digest is gone", scanned: through, now: through.slice(0, 1) },
    { title: "the file with the digest is gone", scanned: through, now: through.slice(1) },
    {
      title: "nothing leads to the digest any more",
      scanned: through,
      now: [fileOf(".env", `IMAGE=${PINNED}\n`), compose("other/image:1")],
    },
  ])("$title", ({ scanned, now }) => {
    expect(edited(scanned, now)).toBeUndefined();
  });
});

describe("what is planned is edited", () => {
  const PROVED = `${NAME}:musl@${NEW}`;
  test("in all files", () => {
    expect(edited([from("a/Dockerfile"), from("b/Dockerfile", 2)])).toEqual([
      fileOf("a/Dockerfile", `FROM ${PROVED}\n`),
      fileOf("b/Dockerfile", `FROM ${PROVED}\nFROM ${PROVED}\n`),
    ]);
  });

  test("where it has moved to another line", () => {
    expect(edited([from("Dockerfile")], [moved(PINNED)])).toEqual([moved(PROVED)]);
  });

  test("in the file that another one leads to", () => {
    expect(edited([fileOf(".env", `IMAGE=${PINNED}\n`), compose("${IMAGE}")])).toEqual([
      fileOf(".env", `IMAGE=${PROVED}\n`),
    ]);
  });

  test.each([
    { title: "registry", env: "REGISTRY=docker.io", image: "${REGISTRY}/bellsoft/hardened-base:musl@" },
    { title: "name", env: "KIND=base", image: "bellsoft/hardened-${KIND}:musl@" },
    { title: "tag", env: "LIBC=musl", image: `${NAME}:\${LIBC}@` },
    { title: "tag instead of a default", env: "LIBC=musl", image: `${NAME}:\${LIBC:-glibc}@` },
  ])("where the file beside it says the $title", ({ env, image }) => {
    const files = [fileOf("deploy/.env", `${env}\n`), compose(`${image}${OLD}`, "deploy/compose.yaml")];
    expect(edited(files)).toEqual([compose(`${image}${NEW}`, "deploy/compose.yaml")]);
  });
});

describe("a digest is put where there is none", () => {
  const BARE = `${NAME}:musl`;
  const PUT = `${BARE}@${NEW}`;

  /** What becomes of the bare tags that a scan found, in the files as they are now. */
  function pinned(
    scanned: readonly FormatFile[],
    now = scanned,
    isPlanned: (place: Place) => boolean = () => true,
  ): readonly FormatFile[] | undefined {
    const places = occurrencesOf(scanned, OPTIONS)
      .map((found) => placeOf(found, { profiles: [profileOf()], mirrors: [], pin: "propose" }))
      .filter(
        ({ state }) => state.kind === "seen" && state.isPinnable === true && state.line?.tag === MUSL.tag,
      )
      .map(({ path, line, via }): Place => ({ path, line, ...(via === undefined ? {} : { via }) }))
      .filter(isPlanned);
    if (places.length === 0) throw new Error("the scan found nothing to pin");
    const plan = { updates: [{ line: MUSL, to: NEW, places }] };
    const paths = pathsOf(plan, OPTIONS);
    return editedFiles(
      plan,
      now.filter(({ path }) => paths.has(path)),
      OPTIONS,
    );
  }

  test("in all places of a file, and nowhere else", () => {
    const text = `FROM ${BARE} AS a\r\nFROM ${PINNED}\r\nFROM ${NAME}:glibc\r\nFROM ${BARE}\r\n`;
    expect(pinned([fileOf("Dockerfile", text)])).toEqual([
      fileOf("Dockerfile", text.replaceAll(/musl(?!@)/g, `musl@${NEW}`)),
    ]);
  });

  test("in one file where another is not planned", () => {
    const files = [fileOf("a/Dockerfile", `FROM ${BARE}\n`), fileOf("b/Dockerfile", `FROM ${BARE}\n`)];
    expect(pinned(files, files, ({ path }) => path === "b/Dockerfile")).toEqual([
      fileOf("b/Dockerfile", `FROM ${PUT}\n`),
    ]);
  });

  test.each([
    { title: "an empty digest", digest: '""', put: `"${NEW}"` },
    { title: "a digest that is null", digest: "null", put: NEW },
  ])("in split values with $title", ({ digest: written, put }) => {
    const values = (text: string) =>
      fileOf("chart/values.yaml", `image:\n  repository: ${NAME}\n  tag: musl\n  digest: ${text} # pin\n`);
    const chart = fileOf("chart/Chart.yaml", "name: x\n");
    expect(pinned([values(written), chart])).toEqual([values(put)]);
  });

  test("in the file that another one leads to", () => {
    expect(pinned([fileOf(".env", `IMAGE=${BARE}\n`), compose("${IMAGE}")])).toEqual([
      fileOf(".env", `IMAGE=${PUT}\n`),
    ]);
  });

  const both = [fileOf("a/Dockerfile", `FROM ${BARE}\n`), fileOf("b/Dockerfile", `FROM ${BARE}\n`)];
  test.each([
    { title: "one is pinned by now", now: [fileOf("a/Dockerfile", `FROM ${PINNED}\n`), ...both.slice(1)] },
    {
      title: "one is pinned to the same by now",
      now: [fileOf("a/Dockerfile", `FROM ${PUT}\n`), ...both.slice(1)],
    },
    { title: "one has another tag", now: [fileOf("a/Dockerfile", `FROM ${NAME}:glibc\n`), ...both.slice(1)] },
    { title: "one is gone", now: both.slice(1) },
    {
      title: "there is a place more",
      now: [fileOf("a/Dockerfile", `FROM ${BARE}\nFROM ${BARE}\n`), ...both.slice(1)],
    },
  ])("nowhere when $title", ({ now }) => {
    expect(pinned(both, now)).toBeUndefined();
  });
});
