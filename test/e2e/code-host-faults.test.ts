import { describe, expect, test } from "vitest";
import type { Fault } from "../fakes/github/faults.ts";
import { installationMissing, startInstallation, noteOn } from "./installation.ts";
import { expectOnePullRequest, expectToldOnce, proposed } from "./scene.ts";

const missing = installationMissing();

const ACCESS_MISSING = { message: "Resource not accessible by personal access token", status: "403" };
const EXISTS = { message: "Reference already exists", status: "422" };
const TOO_QUICK = { message: "You have exceeded a secondary rate limit.", status: "403" };
const answer = (status: number, body?: unknown, headers?: Readonly<Record<string, string>>) =>
  ({
    kind: "answer",
    status,
    ...(body === undefined ? {} : { body }),
    ...(headers === undefined ? {} : { headers }),
  }) as const;

const FAULTS: readonly { readonly title: string; readonly fault: Fault }[] = [
  {
    title: "403 at the branch",
    fault: { method: "POST", path: /git\/refs$/, mischief: answer(403, ACCESS_MISSING) },
  },
  {
    title: "403 at the pull request",
    fault: { method: "POST", path: /pulls$/, mischief: answer(403, ACCESS_MISSING) },
  },
  {
    title: "422, the branch exists",
    fault: { method: "POST", path: /git\/refs$/, mischief: answer(422, EXISTS) },
  },
  {
    title: "422, whatever it means",
    fault: { method: "POST", path: /pulls$/, mischief: answer(422, { message: "Validation Failed" }) },
  },
  {
    title: "a second rate limit",
    fault: { method: "POST", path: /pulls$/, mischief: answer(403, TOO_QUICK, { "retry-after": "1" }) },
  },
  {
    title: "502 at the tree",
    fault: { method: "POST", path: /git\/trees$/, mischief: answer(502, "<html>") },
  },
  {
    title: "502 at the pull request, twice",
    fault: { method: "POST", path: /pulls$/, times: 2, mischief: answer(502, "<html>") },
  },
  {
    title: "502 at the statuses",
    fault: { method: "POST", path: /\/statuses\//, mischief: answer(502, "<html>") },
  },
  {
    title: "the answer to the commit lost",
    fault: { method: "POST", path: /git\/commits$/, mischief: { kind: "lose-answer" } },
  },
  {
    title: "the answer to the branch lost",
    fault: { method: "POST", path: /git\/refs$/, mischief: { kind: "lose-answer" } },
  },
  {
    title: "the answer to the pull request lost",
    fault: { method: "POST", path: /pulls$/, mischief: { kind: "lose-answer" } },
  },
  {
    title: "the answer to the pull request cut short",
    fault: { method: "POST", path: /pulls$/, mischief: { kind: "cut-answer" } },
  },
  {
    title: "the connection cut at the labels",
    fault: { method: "POST", path: /\/labels$/, mischief: { kind: "cut" } },
  },
];

describe.skipIf(missing !== undefined)(
  `the code host fails while a pull request is made: one in the end${noteOn(missing)}`,
  () => {
    test.concurrent.for(FAULTS)("$title", async ({ fault }, context) => {
      const installation = await startInstallation(context);
      const { world, start, settled } = installation;
      const first = await world.publish({ release: 1 });
      await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
      const second = await world.publish({ release: 2 });
      world.codeHost.inject(fault);

      start("worker", "all");
      await proposed(installation, "shop", second);
      await settled();
      await expectOnePullRequest(installation, "shop", second);
      await expectToldOnce(installation, "shop");
      const went = world.codeHost.requests.filter(({ outcome }) =>
        fault.mischief.kind === "answer"
          ? outcome === fault.mischief.status
          : outcome === fault.mischief.kind,
      );
      expect(went).toHaveLength(fault.times ?? 1);
    });
  },
);
