import type { Context } from "../context.ts";
import { type ImageLine, renderLine } from "../image/reference.ts";
import { PINS_GROUP } from "../proposal/group.ts";
import { PROPOSE } from "../queues.ts";
import { arePinsWanted } from "./first-pins.ts";
import type { Scan } from "../watch/scan.ts";

/**
 * Has first pins proposed wherever the policy wants that and this line's tag stands alone: its digest is verified now.
 *
 * @param scans of those who watch the line
 */
export async function proposePinsOf(
  line: ImageLine,
  scans: readonly Scan[],
  context: Context,
): Promise<void> {
  for (const scan of scans) {
    if (isUnpinned(scan, line)) await proposePinsIn(scan, context);
  }
}

/** Has first pins of a code repository proposed that was read a moment ago, and looked at what is left of those that are. */
export async function proposePinsAfter(scan: Scan, context: Context): Promise<void> {
  const { codeRepository, branch: baseBranch } = scan;
  const known = await context.store.proposal({ codeRepository, baseBranch, group: PINS_GROUP });
  if (known?.state === "open") await enqueuePins(scan, context);
  else if (isUnpinned(scan)) await proposePinsIn(scan, context);
}

async function proposePinsIn(scan: Scan, context: Context): Promise<void> {
  if (arePinsWanted(context.settings.policies, scan)) await enqueuePins(scan, context);
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
