import { createPrivateKey } from "node:crypto";
import { z } from "zod";
import { OWN_FIELDS } from "../src/vendor/own-settings.ts";
import { parseRepositoryRule, renderRepositoryRule } from "../src/watch/repository-patterns.ts";
import type { Config } from "./config.ts";
import { caField, ENTRIES_MAX, parsedField, refuse, secretField, section, urlField } from "./fields.ts";
import { parseBranch } from "./names.ts";
import type { Reader } from "./reader.ts";
import { writeLimitsSection } from "./write-limits.ts";

const WEBHOOK_SECRET_LENGTH_MIN = 20;
const WEBHOOK_SECRET_LENGTH_MAX = 200;

/** What may be said under `github`. */
export function githubSection(reader: Reader) {
  return section(
    {
      token: secretField(reader, {
        description:
          "Token that reads the repositories and writes branches, pull requests and commit statuses. A fine-grained one needs contents, pull requests and commit statuses (read and write). Either this or `app`.",
        example: "{ env: GITHUB_TOKEN }",
      }).exactOptional(),
      app: appSection(reader).exactOptional(),
      url: urlField("loopback", {
        description: "REST API. GitHub Enterprise Server: `https://github.example.com/api/v3`.",
        example: "https://github.example.com/api/v3",
      }).prefault("https://api.github.com"),
      webhookSecret: secretField(
        reader,
        {
          description: `What webhooks are signed with that come to \`/hooks/code-host\`: those of the App, or of a repository or an organisation. At least ${WEBHOOK_SECRET_LENGTH_MIN} characters: \`openssl rand -hex 32\`. Without it none are taken. How to set them up: [operating.md](operating.md#webhooks).`,
          example: "{ env: WEBHOOK_SECRET }",
        },
        webhookSecretFault,
      ).exactOptional(),
      ca: caField(
        reader,
        "PEM file with certificates to trust for the code host beside the usual ones.",
      ).exactOptional(),
      repositories: z
        .array(parsedField(parseRepositoryRule, {}))
        .min(1)
        .max(ENTRIES_MAX)
        .check((context) => {
          const seen = new Set<string>();
          for (const [index, rule] of context.value.entries()) {
            const name = renderRepositoryRule(rule).toLowerCase();
            if (seen.has(name)) refuse(context, "is here twice", [index]);
            seen.add(name);
          }
          if (context.value.length > 0 && context.value.every(({ kind }) => kind === "deny")) {
            refuse(context, "lets nothing in: name a repository or a pattern without !");
          }
        })
        .meta({
          values: "list of owner/name or patterns",
          description:
            "Code repositories that are read and get pull requests. `*` stands for any text inside the owner or the name, `!` leaves out; the last entry that is for a repository decides. With patterns the code host is asked which repositories there are: those that the App is installed for, or that the token may see.",
          example: '["acme/*", "!acme/archive-*"]',
        }),
      forks: z
        .boolean()
        .meta({
          description: "Whether patterns let in forks too. Otherwise those are shown and not read.",
          example: "true",
        })
        .prefault(false),
      repositoryFile: repositoryFileSection(),
      baseBranch: parsedField(parseBranch, {
        description:
          "Branch that is read and that pull requests go to where policies say nothing in `baseBranches`. Default: each repository's default branch.",
        example: "main",
      }).exactOptional(),
      limits: writeLimitsSection(),
    },
    { description: "The code host." },
  ).transform(({ token, app, ...rest }, context) => {
    const auth = authOf(token, app);
    if (auth === undefined) {
      return refuse(context, `needs ${token === undefined ? "one" : "exactly one"} of token and app`);
    }
    return { ...rest, auth };
  });
}

function repositoryFileSection() {
  return section(
    {
      use: z
        .enum(["read", "ignore"])
        .meta({
          description: "Whether it is read. Ignored, your policy holds alone.",
          example: "ignore",
        })
        .prefault("read"),
      forbid: z
        .array(z.enum(OWN_FIELDS))
        .max(OWN_FIELDS.length)
        .meta({
          values: "list of fields",
          description: "Fields that owners may not decide: one that is there is a fault of their file.",
          example: "[enabled, files]",
        })
        .prefault([]),
    },
    {
      description:
        "The file `.github/hullkeeper.yml` in which owners of a code repository say something themselves: [repository-file.md](repository-file.md).",
      example: "{ forbid: [files] }",
    },
  ).prefault({});
}

type Auth = Config["github"]["auth"];
type App = Omit<Extract<Auth, { kind: "app" }>, "kind">;
type Token = Extract<Auth, { kind: "token" }>["token"];

function authOf(token: Token | undefined, app: App | undefined): Auth | undefined {
  if (token !== undefined) return app === undefined ? { kind: "token", token } : undefined;
  return app === undefined ? undefined : { kind: "app", ...app };
}

function appSection(reader: Reader) {
  return section(
    {
      id: z
        .union([z.int().min(1), z.string().regex(/^[A-Za-z0-9.]{1,100}$/)], {
          error: "must be the App's number, or its client id",
        })
        .transform(String)
        .meta({
          values: "number or text",
          description: "Number of the App, or its client id.",
          example: "Iv23liAcme",
        }),
      privateKey: secretField(
        reader,
        {
          description: "Private key of the App, as GitHub gives it: a PEM file.",
          example: "{ file: /run/secrets/app.pem }",
        },
        privateKeyFault,
      ),
    },
    {
      description:
        "The GitHub App to speak as, in place of a token. It needs contents, pull requests, checks, commit statuses and workflows (read and write), and metadata (read).",
      example: "{ id: 12345, privateKey: { file: /run/secrets/app.pem } }",
    },
  );
}

/** Whoever guesses it can have us look as often as the rate allows. */
function webhookSecretFault(text: string): string | undefined {
  if (/[\r\n]/.test(text)) return "has several lines";
  return text.length < WEBHOOK_SECRET_LENGTH_MIN || text.length > WEBHOOK_SECRET_LENGTH_MAX
    ? `must have ${WEBHOOK_SECRET_LENGTH_MIN} to ${WEBHOOK_SECRET_LENGTH_MAX} characters: make one with openssl rand -hex 32`
    : undefined;
}

/** What is wrong with a private key, without showing it. In environment variables line breaks are often written `\n`. */
function privateKeyFault(text: string): string | undefined {
  try {
    const key = createPrivateKey(text.replaceAll(String.raw`\n`, "\n"));
    return key.asymmetricKeyType === "rsa" ? undefined : "is no RSA key";
  } catch {
    return "is no private key in PEM form without a password";
  }
}
