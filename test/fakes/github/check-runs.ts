import { demand, demandWritable } from "./access.ts";
import { invalid, Refused } from "./world.ts";
import type { AnnotationState, CheckRunState, Deed } from "./world.ts";

const OUTPUT_CHARACTERS_MAX = 65_535;
const ANNOTATIONS_MAX = 50;

/** What an App wants to say; absent fields stay as they are. */
export interface CheckRunWish {
  readonly name?: string | undefined;
  readonly status?: string | undefined;
  readonly conclusion?: string | undefined;
  readonly detailsUrl?: string | undefined;
  readonly externalId?: string | undefined;
  readonly startedAt?: Date | undefined;
  readonly completedAt?: Date | undefined;
  readonly output?:
    | {
        readonly title?: string | null | undefined;
        readonly summary: string;
        readonly text?: string | null | undefined;
        readonly annotations: readonly AnnotationState[];
      }
    | undefined;
}

/** Makes a check run. Only Apps can. */
export async function createCheckRun(
  deed: Deed,
  wish: CheckRunWish & { readonly name: string; readonly commit: string },
): Promise<CheckRunState> {
  const { world, repository, caller } = deed;
  if (caller.kind !== "installation") throw new Refused(403, "You must authenticate via a GitHub App.");
  demand(caller, { checks: "write" });
  demandWritable(repository);
  if ((await repository.git.typeOf(wish.commit)) !== "commit") {
    throw new Refused(422, `No commit found for SHA: ${wish.commit}`);
  }
  const run: CheckRunState = {
    id: world.nextId(),
    commit: wish.commit,
    app: caller.app,
    name: wish.name,
    status: "queued",
    conclusion: null,
    detailsUrl: null,
    externalId: "",
    title: null,
    summary: null,
    text: null,
    annotations: [],
    startedAt: world.now(),
    completedAt: undefined,
  };
  change(deed, run, wish);
  repository.checkRuns.push(run);
  return run;
}

/** Changes a check run of the same App. */
export function updateCheckRun(deed: Deed, run: CheckRunState, wish: CheckRunWish): void {
  const { repository, caller } = deed;
  if (caller.kind !== "installation") throw new Refused(403, "You must authenticate via a GitHub App.");
  demand(caller, { checks: "write" });
  demandWritable(repository);
  if (run.app !== caller.app)
    throw new Refused(
      403,
      `Invalid app_id \`${caller.app}\` - check run can only be modified by the GitHub App that created it.`,
    );
  change(deed, run, wish);
}

function change({ world }: Deed, run: CheckRunState, wish: CheckRunWish): void {
  const { output } = wish;
  for (const [field, text] of Object.entries({ summary: output?.summary, text: output?.text })) {
    if ((text ?? "").length > OUTPUT_CHARACTERS_MAX) {
      const message = `Only ${OUTPUT_CHARACTERS_MAX} characters are allowed; ${(text ?? "").length} were supplied.`;
      throw invalid("CheckRun", { field, message });
    }
  }
  if ((output?.annotations.length ?? 0) > ANNOTATIONS_MAX) {
    throw new Refused(
      422,
      `Invalid request.\n\nNo more than ${ANNOTATIONS_MAX} items are allowed; ${output?.annotations.length ?? 0} were supplied.`,
    );
  }
  if (wish.status === "completed" && (wish.conclusion ?? run.conclusion) === null) {
    throw new Refused(422, 'Invalid request.\n\nNo subschema in "anyOf" matched.');
  }
  run.name = wish.name ?? run.name;
  run.conclusion = wish.conclusion ?? run.conclusion;
  // A conclusion completes it, whatever else is said.
  run.status = wish.conclusion === undefined ? (wish.status ?? run.status) : "completed";
  run.detailsUrl = wish.detailsUrl ?? run.detailsUrl;
  run.externalId = wish.externalId ?? run.externalId;
  run.startedAt = wish.startedAt ?? run.startedAt;
  if (run.status === "completed") run.completedAt = wish.completedAt ?? run.completedAt ?? world.now();
  if (output === undefined) return;
  run.title = output.title ?? run.title;
  run.summary = output.summary;
  run.text = output.text ?? run.text;
  run.annotations.push(...output.annotations);
}
