import { z } from "zod";
import { InvalidInputError, quote } from "../src/errors.ts";
import { parsedField, refuse, secretField, section, textField } from "./fields.ts";
import type { Reader } from "./reader.ts";

/** What an entry of `registries` may say of how to log in. */
export function loginFields(reader: Reader) {
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

/** What an entry says of how to log in. */
interface LoginEntry {
  readonly username?: string;
  readonly password?: unknown;
  readonly identityToken?: unknown;
  readonly registryToken?: unknown;
  readonly auth?: string;
  readonly google?: unknown;
  readonly acr?: unknown;
}

/** Something that is wrong with several fields of an entry together. */
export interface EntryFault {
  /** Below the entry. */
  readonly path: readonly string[];
  readonly reason: string;
}

/** What an entry says of how to log in and does not fit together. */
export function loginFaults({
  username,
  password,
  identityToken,
  registryToken,
  auth,
  google,
  acr,
}: LoginEntry): readonly EntryFault[] {
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
