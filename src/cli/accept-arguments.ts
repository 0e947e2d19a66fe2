import { InvalidInputError, quote } from "../errors.ts";
import { type ImageLine, parseReference } from "../image/reference.ts";
import type { CodeRepository } from "../proposal/plan.ts";
import { isLocalDate } from "../sla/calendar.ts";
import { DAY_MS, type Instant, later, parseInstant } from "../time.ts";
import { type DecisionOptions, parsed, type Saying, sayingOf, usage } from "./decision-arguments.ts";

/** What is to be done with risks that somebody bears. */
export type AcceptAction =
  | { readonly kind: "list" }
  | ({
      readonly kind: "accept";
      readonly id: string;
      readonly codeRepository: CodeRepository;
      readonly line?: ImageLine;
      readonly until: Instant;
    } & Saying)
  | ({
      readonly kind: "lift";
      readonly id: string;
      readonly codeRepository: CodeRepository;
      readonly line?: ImageLine;
    } & Saying);

const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;
const CODE_PATTERN = /^([A-Za-z0-9][A-Za-z0-9-]{0,38})\/([A-Za-z0-9._-]{1,100})$/;

/** @throws {InvalidInputError} `usage-invalid` */
export function acceptActionOf(
  words: readonly string[],
  { until, ...options }: DecisionOptions & { readonly until?: string | undefined },
): AcceptAction {
  if (options.withdraw === true) throw usage("accept takes no --withdraw; use --lift");
  const { list, ...others } = options;
  if (list === true) {
    const isAlone =
      words.length === 0 && [until, ...Object.values(others)].every((value) => value === undefined);
    if (!isAlone) throw usage("accept --list takes nothing else");
    return { kind: "list" };
  }
  const [id, code, image, ...rest] = words;
  if (id === undefined || code === undefined || rest.length > 0) {
    throw usage("accept needs VULNERABILITY OWNER/NAME [IMAGE:TAG], or --list");
  }
  if (!ID_PATTERN.test(id)) throw usage(`not the id of a vulnerability: ${quote(id)}`);
  const [, owner, name] = CODE_PATTERN.exec(code) ?? [];
  if (owner === undefined || name === undefined)
    throw usage(`not a code repository OWNER/NAME: ${quote(code)}`);
  const scope = {
    id,
    codeRepository: { owner, name },
    ...(image === undefined ? {} : { line: lineOf(image) }),
  };
  const saying = sayingOf("accept", options);
  if (options.lift === true) {
    if (until !== undefined) throw usage("accept --lift takes no --until: it ends now");
    return { kind: "lift", ...scope, ...saying };
  }
  return { kind: "accept", ...scope, until: untilOf(until), ...saying };
}

function lineOf(image: string): ImageLine {
  const { repository, tag } = parsed(() => parseReference(image));
  if (tag === undefined) throw usage(`accept needs a tag, IMAGE:TAG, not ${quote(image)}`);
  return { repository, tag };
}

/** A day means its end, in UTC. */
function untilOf(text: string | undefined): Instant {
  if (text === undefined) throw usage("accept needs --until DATE: no risk is accepted for good");
  const at = isLocalDate(text) ? parseInstant(`${text}T00:00:00Z`) : parseInstant(text);
  if (at === undefined) {
    throw new InvalidInputError(
      "usage-invalid",
      `--until is neither a date like 2026-12-31 nor a moment like 2026-12-31T12:00:00Z: ${quote(text)} (see hullkeeper --help)`,
    );
  }
  return isLocalDate(text) ? later(at, DAY_MS) : at;
}
