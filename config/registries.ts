import { z } from "zod";
import { InvalidInputError, quote } from "../src/errors.ts";
import { parseRepositoryPrefix } from "../src/image/mirror.ts";
import { REGISTRY_KINDS } from "../src/image/registry-kind.ts";
import { parsedField, prefixField, refuse, secretField, section, textField } from "./fields.ts";
import { hostFault } from "./names.ts";
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
    const reason = hostFault(text);
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

function loginFields(reader: Reader) {
  return {
    username: textField({ description: "User to log in as.", example: "acme-bot" }, 300).exactOptional(),
    password: secretField(reader, {
      description: "Its password or token. One that may only read is enough.",
      example: "{ env: DOCKERHUB_TOKEN }",
    }).exactOptional(),
    identityToken: secretField(reader, {
      description: "A refresh token for the registry's token service (docker's `identitytoken`).",
      example: "{ env: REGISTRY_REFRESH_TOKEN }",
    }).exactOptional(),
    registryToken: secretField(reader, {
      description: "A token for the registry itself, sent as it is (docker's `registrytoken`).",
      example: "{ env: REGISTRY_TOKEN }",
    }).exactOptional(),
    auth: z
      .enum(["ecr", "ecr-public", "google", "acr", "docker-config", "anonymous"])
      .meta({
        description:
          "Who gives the credentials: Amazon's credential chain (`ecr`, `ecr-public`), Google's application default credentials or `google.key` (`google`), Entra ID as `acr` says (`acr`), docker's files (`docker-config`, see `credentials`), or nobody, whatever docker's files say (`anonymous`). Without this and without credentials here: docker's files where they are read, else anonymous.",
        example: "ecr",
      })
      .exactOptional(),
    google: googleField(reader).exactOptional(),
    acr: acrField(reader).exactOptional(),
    trustedRealms: z
      .array(parsedField(parseOrigin, {}))
      .max(20)
      .meta({
        values: "list of https origins",
        description:
          "Token services that may have the credentials, beside the registry's own host and those that are known.",
        example: "[https://auth.acme.example]",
      })
      .exactOptional(),
  };
}

function googleField(reader: Reader) {
  return section(
    {
      key: secretField(
        reader,
        {
          description: "Key of a service account, the JSON as Google gives it.",
          example: "{ file: /run/secrets/google-key.json }",
        },
        serviceAccountFault,
      ),
    },
    { description: "With `auth: google`: whose key is used.", example: "{ key: { env: GOOGLE_KEY } }" },
  );
}

function acrField(reader: Reader) {
  return section(
    {
      tenant: textField(
        { description: "Tenant of Entra ID: its id or domain.", example: "acme.onmicrosoft.com" },
        200,
      ).regex(/^[A-Za-z0-9][A-Za-z0-9.-]*$/, { error: "must be the id or the domain of a tenant" }),
      clientId: textField(
        { description: "The application's client id.", example: "1b4e28ba-2fa1-11d2-883f-0016d3cca427" },
        100,
      ).regex(/^[A-Za-z0-9-]+$/, { error: "must be the client id of an application" }),
      secret: secretField(reader, {
        description: "Its secret.",
        example: "{ env: AZURE_CLIENT_SECRET }",
      }).exactOptional(),
      tokenFile: textField({
        description:
          "Instead of a secret: the file with a federated token, which is read whenever one is needed.",
        example: "/var/run/secrets/azure/tokens/azure-identity-token",
        values: "path",
      })
        .transform(async (path, context): Promise<string> => {
          const answer = await reader.secretFile(path);
          return answer.kind === "fault" ? refuse(context, answer.reason) : answer.value;
        })
        .exactOptional(),
    },
    {
      description: "With `auth: acr`: the service principal, with one of `secret` and `tokenFile`.",
      example:
        "{ tenant: acme.onmicrosoft.com, clientId: 1b4e28ba-2fa1-11d2-883f-0016d3cca427, secret: { env: S } }",
    },
  ).superRefine(({ secret, tokenFile }, context) => {
    if ((secret === undefined) === (tokenFile === undefined)) {
      refuse(context, "needs exactly one of secret and tokenFile");
    }
  });
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
    ca: textField({
      description: "PEM file with certificates to trust for this host beside the usual ones.",
      example: "/etc/ssl/acme-ca.pem",
      values: "path",
    })
      .transform(async (path, context): Promise<string> => {
        const answer = await reader.text(path);
        if (answer.kind === "fault") return refuse(context, answer.reason);
        return answer.value.includes("-----BEGIN CERTIFICATE-----")
          ? answer.value
          : refuse(context, `${JSON.stringify(path)}: holds no certificate in PEM form`);
      })
      .exactOptional(),
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

/** An entry, as far as faults of several fields together are concerned. */
interface Entry {
  readonly username?: string;
  readonly password?: unknown;
  readonly identityToken?: unknown;
  readonly registryToken?: unknown;
  readonly auth?: string;
  readonly google?: unknown;
  readonly acr?: unknown;
  readonly plainHttp: boolean;
  readonly ca?: string;
  readonly http2?: boolean;
}

interface EntryFault {
  readonly path: readonly string[];
  readonly reason: string;
}

function loginFaults({
  username,
  password,
  identityToken,
  registryToken,
  auth,
  google,
  acr,
}: Entry): readonly EntryFault[] {
  const faults: EntryFault[] = [];
  if (username !== undefined && password === undefined)
    faults.push({ path: ["password"], reason: "is missing" });
  if (username === undefined && password !== undefined)
    faults.push({ path: ["username"], reason: "is missing" });
  const ways = [
    ...(username !== undefined || password !== undefined ? ["username and password"] : []),
    ...(identityToken === undefined ? [] : ["identityToken"]),
    ...(registryToken === undefined ? [] : ["registryToken"]),
    ...(auth === undefined ? [] : [`auth: ${auth}`]),
  ];
  if (ways.length > 1) {
    faults.push({ path: [], reason: `says several ways to log in: ${ways.join("; ")}. Keep one` });
  }
  if (google !== undefined && auth !== "google") {
    faults.push({ path: ["google"], reason: "means nothing without auth: google" });
  }
  if (acr !== undefined && auth !== "acr") {
    faults.push({ path: ["acr"], reason: "means nothing without auth: acr" });
  }
  if (acr === undefined && auth === "acr") faults.push({ path: ["acr"], reason: "is missing" });
  return faults;
}

function meaninglessIn({ plainHttp, ca, http2 }: Entry): readonly EntryFault[] {
  const reason = "means nothing with plainHttp";
  return [
    ...(plainHttp && ca !== undefined ? [{ path: ["ca"], reason }] : []),
    ...(plainHttp && http2 === true ? [{ path: ["http2"], reason }] : []),
  ];
}

/** `https://auth.acme.example`: where a token service is, without a path. */
function parseOrigin(text: string): string {
  const url = URL.parse(text);
  if (url === null || url.protocol !== "https:") {
    throw new InvalidInputError("config-invalid", `must be https://host, is ${quote(text)}`);
  }
  if (url.href !== `${url.origin}/`) {
    throw new InvalidInputError(
      "config-invalid",
      "must be https://host alone, without user, path, query or fragment",
    );
  }
  return url.origin;
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

/** What is wrong with the key of a service account, without showing it. */
function serviceAccountFault(text: string): string | undefined {
  try {
    const document: unknown = JSON.parse(text);
    if (
      typeof document === "object" &&
      document !== null &&
      "private_key" in document &&
      "client_email" in document
    ) {
      return undefined;
    }
  } catch {
    // Not JSON: the same words, for the parser's would show a piece of it.
  }
  return "is not the key of a service account: JSON with client_email and private_key";
}
