import { findPullNumber, findRepository } from "./find.ts";
import type { CheckRunState, CommentState, Role, World } from "./world.ts";

/** What a pull request is brought to the notice of. */
export interface AttentionView {
  readonly assignees: readonly string[];
  readonly reviewers: readonly string[];
  /** Slugs of teams. */
  readonly teams: readonly string[];
  /** Its title. */
  readonly milestone: string | undefined;
}

/** What tests do as people who talk and decide who may do what: no HTTP, no token, no rate limit. */
export interface TalkOperator {
  /** An account that there is from now on, without any right of its own. */
  addPerson(login: string): void;
  /** Makes somebody a collaborator. */
  setRole(owner: string, name: string, login: string, role: Role): void;
  /** Makes a team of the owner a collaborator. */
  addTeam(owner: string, name: string, slug: string): void;
  addMilestone(owner: string, name: string, title: string, state?: "open" | "closed"): void;
  /** Somebody writes below a pull request; `x[bot]` is a bot. Returns the id. */
  say(
    owner: string,
    name: string,
    number: number,
    words: { readonly author: string; readonly body: string },
  ): number;
  /** Somebody changes what was written. */
  editComment(owner: string, name: string, number: number, id: number, body: string): void;
  /** What stands below a pull request, oldest first. */
  comments(owner: string, name: string, number: number): readonly CommentState[];
  /** From now on a branch takes only what has these. */
  requireChecks(owner: string, name: string, branch: string, contexts: readonly string[]): void;
  /** Something else than the product says of a commit, by a status. */
  report(
    owner: string,
    name: string,
    commit: string,
    status: { readonly context: string; readonly state: "success" | "pending" | "failure" | "error" },
  ): void;
  /** An App says it by a check run; without a conclusion it is running. By default `ci`. */
  runCheck(
    owner: string,
    name: string,
    commit: string,
    run: { readonly name: string; readonly conclusion?: string; readonly app?: string },
  ): void;
  /** Of a commit, oldest first. */
  checkRuns(owner: string, name: string, commit: string): readonly CheckRunState[];
  attention(owner: string, name: string, number: number): AttentionView;
}

/** The talking half of the operator of a world. */
export function createTalkOperator(world: World): TalkOperator {
  return {
    addPerson: (login) => void world.people.add(login.toLowerCase()),
    setRole(owner, name, login, role) {
      world.people.add(login.toLowerCase());
      findRepository(world, owner, name).roles.set(login.toLowerCase(), role);
    },
    addTeam: (owner, name, slug) => void findRepository(world, owner, name).teams.add(slug.toLowerCase()),
    addMilestone(owner, name, title, state = "open") {
      const { milestones } = findRepository(world, owner, name);
      const number = milestones.length + 1;
      milestones.push({ id: world.nextId(), number, title, state, createdAt: world.now() });
    },
    say(owner, name, number, { author, body }) {
      const pull = findPullNumber(findRepository(world, owner, name), number);
      const at = world.now();
      const comment = { id: world.nextId(), author, body, createdAt: at, updatedAt: at };
      pull.comments.push(comment);
      pull.updatedAt = at;
      return comment.id;
    },
    editComment(owner, name, number, id, body) {
      const { comments } = findPullNumber(findRepository(world, owner, name), number);
      const comment = comments.find((each) => each.id === id);
      if (comment === undefined) throw new Error(`there is no comment ${id}`);
      Object.assign(comment, { body, updatedAt: world.now() });
    },
    comments: (owner, name, number) => findPullNumber(findRepository(world, owner, name), number).comments,
    requireChecks(owner, name, branch, contexts) {
      findRepository(world, owner, name).requiredChecks.set(branch, contexts);
    },
    report(owner, name, commit, status) {
      const { statuses } = findRepository(world, owner, name);
      const facts = { description: null, targetUrl: null, at: world.now() };
      statuses.push({ id: world.nextId(), commit, ...status, ...facts });
    },
    runCheck(owner, name, commit, { name: check, conclusion, app = "ci" }) {
      const at = world.now();
      findRepository(world, owner, name).checkRuns.push({
        id: world.nextId(),
        commit,
        app,
        name: check,
        status: conclusion === undefined ? "in_progress" : "completed",
        conclusion: conclusion ?? null,
        detailsUrl: null,
        externalId: "",
        title: null,
        summary: null,
        text: null,
        annotations: [],
        startedAt: at,
        completedAt: conclusion === undefined ? undefined : at,
      });
    },
    checkRuns: (owner, name, commit) =>
      findRepository(world, owner, name).checkRuns.filter((run) => run.commit === commit),
    attention(owner, name, number) {
      const repository = findRepository(world, owner, name);
      const { assignees, reviewers, reviewTeams: teams, milestone } = findPullNumber(repository, number);
      const title = repository.milestones.find((each) => each.number === milestone)?.title;
      return { assignees, reviewers, teams, milestone: title };
    },
  };
}
