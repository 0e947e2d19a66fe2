import type { Context } from "../context.ts";
import type { CheckRun } from "../ports/code-host.ts";
import { code, prose, visible } from "../proposal/markdown.ts";
import { faultInWords, faultsHashOf } from "../watch/own-faults.ts";
import type { OwnFile, Scan } from "../watch/scan.ts";

const NAME = "hullkeeper/config";
const MESSAGE_LENGTH_MAX = 300;
const DESCRIPTION_LENGTH_MAX = 140;

/**
 * Tells the owners of a code repository what is wrong with what they wrote for us: a failed check on the head of the branch, or a failed status where checks
 * are not for us, and once it is right a good one. Once for each head: equal faults of an equal commit ask nothing.
 *
 * @throws {CodedError} `code-host-*`
 */
export async function tellOwnFaults(scan: Scan, context: Context, signal: AbortSignal): Promise<void> {
  const { own, commit, codeRepository } = scan;
  if (own === undefined) return;
  const { told, ...rest } = own;
  if (own.faults.length === 0) {
    if (told === undefined) return;
    await setCheck(scan, soundCheck(own), context, signal);
    const { own: _own, ...bare } = scan;
    await context.store.saveScan(own.path === undefined ? bare : { ...scan, own: rest });
    return;
  }
  const faults = faultsHashOf(own);
  if (told?.commit === commit && told.faults === faults) return;
  if (told?.faults !== faults) await recordFaults(scan, own, context);
  await setCheck(scan, faultyCheck(own), context, signal);
  await context.store.saveScan({ ...scan, own: { ...own, told: { commit, faults } } });
  context.log.warn(
    { codeRepository: `${codeRepository.owner}/${codeRepository.name}`, faults: own.faults.length },
    "repository file refused",
  );
}

async function setCheck(
  { codeRepository, commit }: Scan,
  check: Omit<CheckRun, "name">,
  { codeHost, settings: { publicUrl } }: Context,
  signal: AbortSignal,
): Promise<void> {
  const link = publicUrl === undefined ? {} : { url: publicUrl };
  const done = await codeHost.setCheck(codeRepository, commit, { name: NAME, ...check, ...link }, signal);
  if (done === "set") return;
  const state = check.conclusion === "success" ? "success" : "failure";
  const description = check.title.slice(0, DESCRIPTION_LENGTH_MAX);
  await codeHost.setStatuses(
    codeRepository,
    commit,
    [{ context: NAME, state, description, ...link }],
    signal,
  );
}

function soundCheck({ path }: OwnFile): Omit<CheckRun, "name"> {
  const summary =
    path === undefined
      ? "There is no file for Hullkeeper in this repository any more: the policy of its operator holds alone."
      : `What ${code(path)} says holds.`;
  const title = path === undefined ? "No file for Hullkeeper" : "The file for Hullkeeper is right";
  return { conclusion: "success", title, summary, annotations: [] };
}

function faultyCheck({ path = "", faults, settings }: OwnFile): Omit<CheckRun, "name"> {
  const [first] = faults;
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  const holds =
    settings === undefined
      ? "Until it is right, the policy of Hullkeeper's operator holds alone."
      : "Until it is right, what it said before holds.";
  return {
    conclusion: "failure",
    title: visible(
      `${count} in ${path}: ${first === undefined ? "" : faultInWords(first)}`,
      DESCRIPTION_LENGTH_MAX,
    ),
    summary: [
      `${code(path)} is refused. ${holds}`,
      "",
      ...faults.map((fault) => `- ${prose(faultInWords(fault))}`),
    ].join("\n"),
    annotations: faults.map((fault) => ({
      path,
      line: fault.line ?? 1,
      level: "failure",
      message: visible(faultInWords(fault), MESSAGE_LENGTH_MAX),
    })),
  };
}

async function recordFaults(
  { codeRepository: { owner, name }, commit }: Scan,
  own: OwnFile,
  { clock, record }: Context,
): Promise<void> {
  const [first] = own.faults;
  const subject = `${owner}/${name}`;
  await record({
    kind: "repository-file-invalid",
    at: await clock.now(),
    subject,
    message: `${own.path ?? ""} is refused: ${visible(first === undefined ? "" : faultInWords(first), MESSAGE_LENGTH_MAX)}`,
    key: `repository-file-invalid ${subject} ${commit} ${faultsHashOf(own)}`,
  });
}
