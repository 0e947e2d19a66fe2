import { describe, expect, test } from "vitest";
import type { FormatFile } from "../../src/edit/format.ts";
import { occurrencesOf } from "../../src/edit/formats.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { parseTag } from "../../src/image/reference.ts";
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

/** What becomes of a file whose places at these lines move to another tag, and those at the others stay. */
function retagged(file: FormatFile, lines: readonly number[], staying: readonly number[] = []) {
  const [update] = examplePlan().updates;
  if (update === undefined) throw new Error("no update in the example");
  const at = (line: number): Place => ({ path: file.path, line });
  const beside = staying.length === 0 ? {} : { beside: staying.map(at) };
  const moving = { ...update, line: MUSL, from: OLD, to: NEW, toTag: parseTag("2-musl"), ...beside };
  const files = editedFiles({ updates: [{ ...moving, places: lines.map(at) }] }, [file], OPTIONS);
  return files?.[0]?.text;
}

describe("a tag moves with its digest", () => {
  test.each([
    {
      title: "in a Dockerfile",
      path: "Dockerfile",
      text: (tag: string, of: string) => `FROM ${NAME}:${tag}@${of}\nRUN echo ${NAME}:musl\n`,
      line: 1,
    },
    {
      title: "in a variable of its own",
      path: "Dockerfile",
      text: (tag: string, of: string) =>
        `ARG TAG=${tag}\nARG DIGEST=${of}\nFROM ${NAME}:\${TAG}@\${DIGEST}\n`,
      line: 2,
    },
    {
      title: "in a Compose file, quotes kept",
      path: "compose.yaml",
      text: (tag: string, of: string) => `services:\n  shop:\n    image: '${NAME}:${tag}@${of}'\n`,
      line: 3,
    },
    {
      title: "in Helm values, apart from it",
      path: "values.yaml",
      text: (tag: string, of: string) =>
        `image:\n  repository: ${NAME}\n  tag: "${tag}" # musl\n  digest: ${of}\n`,
      line: 4,
    },
    {
      title: "in a Kustomization, apart from it",
      path: "kustomization.yaml",
      text: (tag: string, of: string) =>
        `kind: Kustomization\nimages:\n  - name: shop\n    newName: ${NAME}\n    newTag: ${tag}\n    digest: ${of}\n`,
      line: 6,
    },
  ])("$title, and nothing else does", ({ path, text, line }) => {
    const found = occurrencesOf([fileOf(path, text("musl", OLD))], OPTIONS);
    const lines = found.flatMap(({ occurrence }) =>
      occurrence.handling.kind === "editable" ? [occurrence.line] : [],
    );
    expect(lines).toEqual([line]);
    expect(retagged(fileOf(path, text("musl", OLD)), [line])).toBe(text("2-musl", NEW));
  });

  test("and leaves those alone that are known to stay, and no others", () => {
    const text = `FROM ${PINNED}\nFROM ${PINNED}\n`;
    const expected = `FROM ${NAME}:2-musl@${NEW}\nFROM ${PINNED}\n`;
    expect(retagged(fileOf("Dockerfile", text), [1], [2])).toBe(expected);
    expect(retagged(fileOf("Dockerfile", text), [1])).toBeUndefined();
    expect(retagged(fileOf("Dockerfile", `${text}FROM ${PINNED}\n`), [1], [2])).toBeUndefined();
    expect(retagged(fileOf("Dockerfile", `\n${text}`), [1], [2])).toBeUndefined();
  });

  test("or nothing is edited: a tag that two images share is nobody's to change", () => {
    const text = `ARG TAG=musl\nFROM ${NAME}:\${TAG}@${OLD}\nFROM other/image:\${TAG}\n`;
    expect(() => retagged(fileOf("Dockerfile", text), [2])).toThrow(InvalidInputError);
  });
});

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
