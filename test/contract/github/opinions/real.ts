import { randomBytes } from "node:crypto";
import { onTestFinished } from "vitest";
import { adapterAt, personAt, seed, strangerAt } from "./adapter.ts";
import type { Opinion } from "./opinion.ts";

/** Who wants to know how GitHub itself answers: what is read of the environment, by its name. */
export const VARIABLES = {
  /** A token that may write to the repository; a classic one with the scope `repo`, or a fine-grained one. */
  token: "HULLKEEPER_TEST_GITHUB_TOKEN",
  /** `owner/name` of one that nobody needs: branches and pull requests are made in it. */
  repository: "HULLKEEPER_TEST_GITHUB_REPOSITORY",
  /** Of the REST API. Default: that of github.com. */
  url: "HULLKEEPER_TEST_GITHUB_URL",
} as const;

/** GitHub itself; asked only if the environment names a token and a repository for it. Each stage has branches of its own there, which end with the test. */
export function realGitHub(environment: NodeJS.ProcessEnv): Opinion {
  const token = environment[VARIABLES.token] ?? "";
  const [owner = "", repo = ""] = (environment[VARIABLES.repository] ?? "").split("/");
  const url = environment[VARIABLES.url] ?? "https://api.github.com";
  return {
    name: "github.com",
    isAsked: token !== "" && owner !== "" && repo !== "",
    timeoutMs: 120_000,
    identities: ["token"],
    async open(as) {
      const person = personAt(url, token);
      const where = { owner, repo };
      const name = `opinion-${randomBytes(6).toString("hex")}`;
      const stage = { baseBranch: `${name}/base`, branch: `${name}/head` };
      onTestFinished(async () => {
        const { rest } = person;
        const left = await rest.git.listMatchingRefs({ ...where, ref: `heads/${name}/` });
        for (const { ref } of left.data)
          await rest.git.deleteRef({ ...where, ref: ref.replace("refs/", "") });
      });
      return {
        ...stage,
        repository: { owner, name: repo },
        host: adapterAt(url, as, token),
        stranger: strangerAt(url, as),
        base: await seed(person, where, stage.baseBranch),
        person,
      };
    },
  };
}
