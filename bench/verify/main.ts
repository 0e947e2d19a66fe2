import { arch, cpus, release } from "node:os";
import { parseArgs } from "node:util";
import { createSigstoreWorld } from "../../test/fakes/sigstore/world.ts";
import { bundleOf, legacySignatureOf } from "../../test/fakes/sigstore/signed-parts.ts";
import { cosignMissing } from "../../test/tools/cosign.ts";
import { dockerRegistryMissing } from "../../test/tools/docker-registry.ts";
import { type Aim, columnsOf, isMissed, renderAims, renderTable, rounded, say } from "../table.ts";
import { type Case, heldOf, IMAGE, judgeCase, keyedCase, questionOf, rawCase, sbomQuestion } from "./case.ts";
import { cpuUsOf } from "./rate.ts";
import { publicGoodCase } from "./public-good.ts";
import { measureWholeImage } from "./whole-image.ts";

const USAGE = `npm run bench:verify                what a verification costs; takes a minute
npm run bench:verify -- --strict    exits with 1 when an aim is missed
`;
const MEGABYTE = 1_000_000;

const { values } = parseArgs({ options: { strict: { type: "boolean" }, help: { type: "boolean" } } });
if (values.help === true) say(USAGE);
else process.exitCode = await bench();

async function bench(): Promise<number> {
  const missing = cosignMissing() ?? dockerRegistryMissing();
  if (missing !== undefined) throw new Error(`cannot run: ${missing}`);
  say(`${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${cpus()[0]?.model ?? ""} ${arch()}`);
  say(`Linux ${release()}, Node ${process.version}\n`);

  const raw = rawCase();
  const keyed = keyedCase();
  const rawUs = cpuUsOf(raw.run);
  const keyedUs = cpuUsOf(keyed.run);
  const others = await otherCases();
  const rows = [
    [raw.title, rawUs] as const,
    [keyed.title, keyedUs] as const,
    ...others.map(({ title, run }) => [title, cpuUsOf(run)] as const),
  ];
  say(
    renderTable(
      columnsOf("one core", "us", "per s", "x node:crypto"),
      rows.map(([title, us]) => [title, rounded(us), rounded(1e6 / us), rounded(us / rawUs)]),
    ),
  );

  const { large, small, hugeDelayMs, hugeMs } = await measureWholeImage();
  const wall = [
    ["20 kB of SBOM", small],
    ["1 MB of SBOM", large],
    ["39 MB of SBOM", { oursMs: hugeMs, cosignMs: Number.NaN }],
  ] as const;
  const columns = columnsOf(
    "a whole image, docker-registry",
    "Hullkeeper ms",
    "two cosign processes ms",
    "x",
  );
  const compared = wall.map(([title, { oursMs, cosignMs }]) => [
    title,
    rounded(oursMs),
    rounded(cosignMs),
    rounded(cosignMs / oursMs),
  ]);
  say(`
${renderTable(columns, compared)}
`);

  const aims: readonly Aim[] = [
    { title: "a keyed signature, in node:crypto's", measured: keyedUs / rawUs, most: 2, unit: "x" },
    {
      title: "a whole image, in cosign's time",
      measured: (100 * large.oursMs) / large.cosignMs,
      most: 10,
      unit: "%",
    },
    { title: "longest wait beside 39 MB of SBOM", measured: hugeDelayMs, most: 50, unit: "ms" },
  ];
  say(renderAims(aims));
  return values.strict === true && aims.some(isMissed) ? 1 : 0;
}

async function otherCases(): Promise<readonly Case[]> {
  const world = await createSigstoreWorld();
  const roots = [heldOf(world.name, world.trustedRoot)];
  const policy = { log: "require", logRoots: [world.name] } as const;
  const known = { roots, policy };
  const signed = await world.sign({ image: IMAGE, claim: "signature", log: "promise" });
  const proven = await world.sign({ image: IMAGE, claim: "image-statement", log: "promise-and-proof" });
  const v2 = await world.sign({ image: IMAGE, claim: "image-statement", log: "v2", timestamp: "signature" });
  return [
    judgeCase(
      "keyless signature in a tag, own root",
      questionOf([legacySignatureOf(signed)], [world.identity], known),
    ),
    judgeCase(
      "keyless bundle, Rekor v1 with proof, own root",
      questionOf([bundleOf(proven)], [world.identity], known),
    ),
    judgeCase(
      "keyless bundle, Rekor v2 with timestamp, own root",
      questionOf([bundleOf(v2)], [world.identity], known),
    ),
    ...publicGoodCase(),
    judgeCase("keyed, with 1 MB of SBOM, read", sbomQuestion(MEGABYTE)),
    judgeCase("keyed, with 39 MB of SBOM, read", sbomQuestion(39 * MEGABYTE)),
  ];
}
