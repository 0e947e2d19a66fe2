import { describe, expect, test } from "vitest";
import { parseFingerprint } from "../../src/trust/distrust.ts";
import { renderImage } from "../../src/image/reference.ts";
import {
  type Ended,
  type Installation,
  installationMissing,
  noteOn,
  startInstallation,
} from "./installation.ts";
import { expectOnePullRequest, judged, keyOf, proposed, told } from "./scene.ts";

const missing = installationMissing();

/** Runs a command of ours to its end. */
const saying = (installation: Installation, ...words: readonly string[]): Promise<Ended> =>
  installation.run([...words, "--config", installation.config], installation.environment);

/** State and words of the check on the head of a pull request. */
async function checkOf({ world }: Installation, name: string): Promise<string> {
  const [pull] = await world.codeHost.pullRequests("acme", name);
  const statuses = await world.codeHost.statuses("acme", name, pull?.headCommit ?? "");
  const check = statuses.find(({ context }) => context === "hullkeeper/verification");
  return `${check?.state ?? "none"} ${check?.description ?? ""}`;
}

/** A pull request without when advisories were asked: they are asked anew when the verdicts are back, maybe a minute later. */
function withoutMoment<Pull extends { readonly body: string }>(pull: Pull): Pull {
  const asked = /(?<=, )asked [^;\n]* UTC(?=;)/g;
  expect(pull.body.match(asked)).toHaveLength(1);
  return { ...pull, body: pull.body.replaceAll(asked, "asked") };
}

describe.skipIf(missing !== undefined)(`a vendor's key leaks${noteOn(missing)}`, () => {
  test.concurrent("what is open is flagged, what was merged is listed, and both recover", async (context) => {
    const installation = await startInstallation(context, { repositories: ["acme/shop", "acme/pay"] });
    const { world, store, line, until } = installation;
    const first = await world.publish({ release: 1 });
    for (const name of ["shop", "pay"]) {
      await world.codeHost.createRepository("acme", name, { Dockerfile: `${world.pin(first)}\n` });
    }
    await installation.serve();
    await judged(installation, first, "verified");
    const second = await world.publish({ release: 2 });
    await proposed(installation, "shop", second);
    await proposed(installation, "pay", second);
    await world.codeHost.mergePullRequest("acme", "pay", 1);
    await told(installation, "merged", "acme/pay#1");
    const before = await expectOnePullRequest(installation, "shop", second);
    const verified = await judged(installation, second, "verified");
    const [signer] = verified.signers;
    if (signer?.kind !== "key") throw new Error("not signed with a key");

    const why = ["--reason", "the vendor says it leaked", "--by", "alice"];
    const distrusted = await saying(installation, "distrust", "key", signer.fingerprint, ...why);
    expect(distrusted).toMatchObject({ code: 0 });
    expect(distrusted.output).toContain(renderImage({ repository: line.repository, digest: second }));
    expect(distrusted.output).toMatch(/proposed: acme\/shop#1 .*open/);
    expect(distrusted.output).toMatch(/merged: acme\/pay#1 /);
    const [, printed = ""] = /fingerprint: "(SHA256:[^"]+)"/.exec(distrusted.output) ?? [];
    expect(parseFingerprint(printed)).toBe(signer.fingerprint);

    await until("the failed check", async () => (await checkOf(installation, "shop")).startsWith("failure"));
    const flagged = await until("the warning", async () =>
      (await world.codeHost.pullRequests("acme", "shop")).find(({ body }) => body.includes("[!CAUTION]")),
    );
    expect(flagged).toMatchObject({ state: "open", headCommit: before.headCommit });
    await until("the label", async () =>
      (await world.codeHost.pullRequests("acme", "shop"))[0]?.labels.includes("hullkeeper:not-verified"),
    );
    expect(await judged(installation, second, "rejected")).toMatchObject({ reason: "signer-distrusted" });
    await told(installation, "revoked", "merged by 1");
    await installation.settled();
    expect(await checkOf(installation, "shop")).toMatch(/^failure Do not merge/);

    const listed = await saying(installation, "distrust", "--list");
    expect(listed.output).toMatch(/the vendor says it leaked \(alice, /);
    expect(listed.output).toMatch(/merged: acme\/pay#1 /);

    expect(await saying(installation, "distrust", "key", signer.fingerprint, "--lift", ...why)).toMatchObject(
      {
        code: 0,
      },
    );
    await judged(installation, second, "verified");
    await until("the check", async () => (await checkOf(installation, "shop")).startsWith("success"));
    await told(installation, "proposal-cleared", "acme/shop#1");
    await installation.drained();
    const after = await expectOnePullRequest(installation, "shop", second);
    expect(withoutMoment(after)).toEqual(withoutMoment(before));
    expect((await store.proposal(keyOf("shop")))?.state).toBe("open");
  });

  test.concurrent("a step back is proposed once somebody approves, and says so", async (context) => {
    const installation = await startInstallation(context);
    const { world, line } = installation;
    const first = await world.publish({ release: 1 });
    await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
    await installation.serve();
    await judged(installation, first, "verified");
    await proposed(installation, "shop", await world.publish({ release: 2 }));
    await world.codeHost.mergePullRequest("acme", "shop", 1);
    await told(installation, "merged");
    await world.publish({ release: 1 });
    await told(installation, "tag-moved-backwards");
    await installation.settled();
    expect(await world.codeHost.pullRequests("acme", "shop")).toHaveLength(1);

    const name = `${line.repository.registry}/${line.repository.path}:${line.tag}@${first}`;
    const approved = await saying(installation, "approve", name, "--reason", "2 does not start");
    expect(approved).toMatchObject({ code: 0 });
    expect(approved.output).toContain("is approved now");
    const pull = await proposed(installation, "shop", first);
    expect(pull.body.split("\n")[0]).toMatch(/A step backwards.*2 does not start/);
    expect((await saying(installation, "approve", "--list")).output).toContain(name);
  });
});
