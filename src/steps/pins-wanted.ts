import type { Context } from "../context.ts";
import { type ImageLine, renderLine } from "../image/reference.ts";
import type { CodeRepository } from "../proposal/plan.ts";
import { PINS_GROUP } from "../proposal/group.ts";
import { PROPOSE } from "../queues.ts";
import { ruleFor } from "../vendor/policies.ts";
import type { Scan } from "../watch/scan.ts";

/** Scans that are read and held at once: each lists every place of a code repository. */
const SCANS_AT_ONCE = 50;

/**
 * Has first pins proposed wherever the policy wants that and this line's tag stands alone: its digest is verified now. What other code repositories
 * name is not read.
 *
 * @param subscribers those of the line
 */
export async function proposePinsOf(
  line: ImageLine,
  subscribers: readonly CodeRepository[],
  context: Context,
): Promise<void> {
  const wanting = subscribers.filter((codeRepository) => isWanted(codeRepository, context));
  for (let start = 0; start < wanting.length; start += SCANS_AT_ONCE) {
    for (const scan of await context.store.scansOf(wanting.slice(start, start + SCANS_AT_ONCE))) {
      if (isUnpinned(scan, line)) await enqueuePins(scan, context);
    }
  }
}

/** Has first pins of a code repository proposed that was read a moment ago, and looked at what is left of those that are. */
export async function proposePinsAfter(scan: Scan, context: Context): Promise<void> {
  const { codeRepository, branch: baseBranch } = scan;
  const known = await context.store.proposal({ codeRepository, baseBranch, group: PINS_GROUP });
  if (known?.state === "open") await enqueuePins(scan, context);
  else if (isWanted(codeRepository, context) && isUnpinned(scan)) await enqueuePins(scan, context);
}

function isWanted(codeRepository: CodeRepository, { settings }: Context): boolean {
  return ruleFor(settings.policies, codeRepository).pulls.pin === "propose";
}

function enqueuePins({ codeRepository, branch: baseBranch }: Scan, { enqueue }: Context): Promise<void> {
  return enqueue(PROPOSE, { codeRepository, baseBranch, group: PINS_GROUP });
}

/** Whether a tag stands alone where a digest could be put: that of a line, or any. */
function isUnpinned({ places }: Scan, line?: ImageLine): boolean {
  const name = line === undefined ? undefined : renderLine(line);
  return places.some(
    ({ state }) =>
      state.kind === "seen" &&
      state.isPinnable === true &&
      state.line !== undefined &&
      (name === undefined || renderLine(state.line) === name),
  );
}
