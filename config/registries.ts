import { z } from "zod";
import { InvalidInputError } from "../src/errors.ts";
import { parseRepositoryPrefix } from "../src/image/mirror.ts";
import { REGISTRY_KINDS } from "../src/image/registry-kind.ts";
import { caField, refuse, section } from "./fields.ts";
import { type EntryFault, loginFaults, loginFields } from "./login-fields.ts";
import { prefixField } from "./pattern-fields.ts";
import { hostsFault } from "./names.ts";
import type { Reader } from "./reader.ts";

/** Requests per second, and at once, that may be configured at most: more is no limit. */
const BUDGET_MAX = 10_000;

/** What may be said under `registries`. */
export function registriesSection(reader: Reader) {
  const registry = section(
    { ...loginFields(reader), ...transportFields(reader), ...mirrorFields() },
    {},
  ).superRefine((entry, context) => {
    for (const { path, reason } of [...loginFaults(entry), ...meaninglessIn(entry)]) {
      refuse(context, reason, path);
    }
  });
  const host = z.string().superRefine((text, context) => {
    const reason = hostsFault(text);
    if (reason !== undefined) context.addIssue(reason);
  });
  return z
    .record(host, registry)
    .meta({
      keyName: "host",
      description:
        "How registries are spoken to, by host and port; `*.` and the end of names stands for many, and one's own entry goes before it. One that is not named: https, anonymous. Credentials for a host that no image, mirror or evidence place names are a fault.",
    })
    .prefault({});
}

function transportFields(reader: Reader) {
  return {
    kind: z
      .enum(REGISTRY_KINDS)
      .meta({
        description:
          "What software answers there, for its lists and its limits. Default: by the host's name.",
        example: "harbor",
      })
      .exactOptional(),
    plainHttp: z
      .boolean()
      .meta({
        description: "Speak http to this host, which anybody on the way can read and change.",
        example: "true",
      })
      .prefault(false),
    allowPrivate: z
      .boolean()
      .meta({
        description: "The host may be an address of this machine or of a private network.",
        example: "true",
      })
      .prefault(false),
    ca: caField(
      reader,
      "PEM file with certificates to trust for this host beside the usual ones.",
    ).exactOptional(),
    http2: z
      .boolean()
      .meta({ description: "Speak HTTP/2 where the host offers it.", example: "true" })
      .exactOptional(),
    budget: section(
      {
        perSecond: z
          .number()
          .gt(0, { error: "must be more than 0" })
          .max(BUDGET_MAX)
          .meta({ values: "number", description: "Requests per second, in the long run.", example: "5" }),
        burst: z
          .int()
          .min(1)
          .max(BUDGET_MAX)
          .meta({ values: "number", description: "Requests at once after a pause.", example: "10" }),
      },
      {
        description:
          "What the host is asked at most, by all processes together. Default: what is known of the host.",
        example: "{ perSecond: 5, burst: 10 }",
      },
    ).exactOptional(),
    lists: z
      .boolean()
      .meta({
        description:
          "Whether lists that tell many tags at once may be used, where that saves requests. What they say has moved is asked for by its tag in any case.",
        example: "false",
      })
      .exactOptional(),
  };
}

function mirrorFields() {
  return {
    mirrorOf: prefixField({
      description:
        "The host is a mirror of this registry. Images that code names by the mirror are watched and verified at the origin, and the mirror is asked for the new digest before a pull request names it.",
      example: "docker.io",
    }).exactOptional(),
    mirrors: z
      .record(
        z.string().superRefine((text, context) => {
          const reason = pathFault(text);
          if (reason !== undefined) context.addIssue(reason);
        }),
        prefixField({}),
      )
      .meta({
        values: "mapping of path to registry",
        description:
          "The same for parts of the host, such as proxy projects of Harbor or pull-through rules of Amazon ECR: the first components of the path, and what they are a mirror of. The longest path decides.",
        example: "{ dockerhub: docker.io, quay: quay.io/acme }",
      })
      .exactOptional(),
  };
}

/** What is said and has no effect. */
function meaninglessIn({
  plainHttp,
  ca,
  http2,
}: {
  readonly plainHttp: boolean;
  readonly ca?: string;
  readonly http2?: boolean;
}): readonly EntryFault[] {
  const reason = "means nothing with plainHttp";
  return [
    ...(plainHttp && ca !== undefined ? [{ path: ["ca"], reason }] : []),
    ...(plainHttp && http2 === true ? [{ path: ["http2"], reason }] : []),
  ];
}

/** What is wrong with the first components of a path as a key. */
function pathFault(text: string): string | undefined {
  const wanted = "must be the first components of a path, such as dockerhub or proxies/dockerhub";
  if (text.replace(/\/$/, "") === "") return `${wanted}; for the whole host there is mirrorOf`;
  try {
    parseRepositoryPrefix(`localhost/${text}`);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidInputError) return wanted;
    throw error;
  }
}
