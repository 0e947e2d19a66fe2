import { z } from "zod";
import type { RecordedRequest } from "../fakes/github/start-github-double.ts";

/** A commit that was asked for. */
export interface AskedCommit {
  readonly message: string;
  readonly parents: readonly string[];
}

const BY_REST = z.object({ message: z.string(), parents: z.array(z.string()) });
const BY_GRAPHQL = z.object({
  variables: z.object({
    commit: z.object({
      branch: z.object({ repositoryNameWithOwner: z.string() }),
      expectedHeadOid: z.string(),
      message: z.object({ headline: z.string(), body: z.string() }),
    }),
  }),
});

/** Commits that were asked for, oldest first, in one code repository (`owner/name`) or in all. */
export function commitsIn(requests: readonly RecordedRequest[], name?: string): readonly AskedCommit[] {
  return requests.flatMap(({ method, path, operations, body }) => {
    if (operations.includes("createCommitOnBranch")) {
      const { branch, expectedHeadOid, message } = BY_GRAPHQL.parse(body).variables.commit;
      if (name !== undefined && branch.repositoryNameWithOwner !== name) return [];
      return [{ message: `${message.headline}\n\n${message.body}\n`, parents: [expectedHeadOid] }];
    }
    const isHere = name === undefined ? path.endsWith("/git/commits") : path === `/repos/${name}/git/commits`;
    return method === "POST" && isHere ? [BY_REST.parse(body)] : [];
  });
}
