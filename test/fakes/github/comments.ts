import { demandWritable } from "./access.ts";
import { invalid } from "./world.ts";
import type { CommentState, Deed, PullState } from "./world.ts";

const BODY_CHARACTERS_MAX = 65_536;

/** Writes a comment under a pull request. */
export function createComment(
  { world, repository, caller }: Deed,
  pull: PullState,
  body: string,
): CommentState {
  demandWritable(repository);
  if (body.trim() === "") throw invalid("IssueComment", { field: "body", message: "body can't be blank" });
  if (body.length > BODY_CHARACTERS_MAX) {
    const message = `body is too long (maximum is ${BODY_CHARACTERS_MAX} characters)`;
    throw invalid("IssueComment", { field: "body", message });
  }
  const at = world.now();
  const comment = { id: world.nextId(), author: caller.login, body, createdAt: at, updatedAt: at };
  pull.comments.push(comment);
  pull.updatedAt = at;
  return comment;
}
