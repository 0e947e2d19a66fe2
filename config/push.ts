import { z } from "zod";
import type { Hook } from "../src/push/hook.ts";
import type { Proof } from "../src/push/proof.ts";
import { type Provider, PROVIDERS } from "../src/push/provider.ts";
import type { Secret } from "../src/secret.ts";
import { refuse, secretField, section, textField } from "./fields.ts";
import { hostFault } from "./names.ts";
import type { Reader } from "./reader.ts";

const HOOKS_MAX = 50;
const SECRET_LENGTH_MIN = 20;

type ProofField = "signatureSecret" | "header" | "audience" | "email" | "subject";

/** What a provider can and must be given. */
interface Rule {
  readonly registry: "fixed" | "optional" | "required";
  /** Alternatives, each a set of fields that stand together. */
  readonly proofs: readonly (readonly ProofField[])[];
  /** Whether one of the alternatives must be there: the provider can prove each call. */
  readonly mustProve: boolean;
}

const RULES: Readonly<Record<Provider, Rule>> = {
  "docker-hub": { registry: "fixed", proofs: [], mustProve: false },
  github: { registry: "optional", proofs: [["signatureSecret"]], mustProve: true },
  ecr: { registry: "optional", proofs: [["header"]], mustProve: false },
  google: { registry: "optional", proofs: [["audience", "email"]], mustProve: true },
  acr: { registry: "optional", proofs: [["header"]], mustProve: false },
  quay: { registry: "optional", proofs: [], mustProve: false },
  harbor: { registry: "required", proofs: [["header"]], mustProve: false },
  jfrog: { registry: "required", proofs: [["signatureSecret"], ["header"]], mustProve: true },
  chainguard: { registry: "fixed", proofs: [["audience", "subject"]], mustProve: true },
  distribution: { registry: "required", proofs: [["header"]], mustProve: false },
  gitea: { registry: "required", proofs: [["signatureSecret"]], mustProve: true },
};

const PROOF_FIELDS = ["signatureSecret", "header", "audience", "email", "subject"] as const;

const JFROG_HEADER = "X-JFrog-Event-Auth";

const SIGNATURE_HEADERS: Readonly<Partial<Record<Provider, readonly string[]>>> = {
  github: ["x-hub-signature-256"],
  gitea: ["x-hub-signature-256", "x-gitea-signature", "x-forgejo-signature"],
  jfrog: [JFROG_HEADER],
};

const ISSUERS: Readonly<Partial<Record<Provider, string>>> = {
  google: "https://accounts.google.com",
  chainguard: "https://issuer.enforce.dev",
};

/** What may be said under `push`. */
export function pushSection(reader: Reader) {
  return section(
    {
      hooks: z
        .array(hookField(reader))
        .max(HOOKS_MAX)
        .check(refuseSharedSecrets)
        .meta({
          description:
            "Places where registries tell of pushes: `/hooks/<provider>/<secret>`. Several of one provider may be open.",
          example: "[{ provider: docker-hub, secret: { env: HUB_HOOK } }]",
        })
        .prefault([]),
    },
    {
      description:
        "Registries may tell that a tag moved, so that it is noticed in seconds. Polling goes on all the same. How to set up each of them: [registries.md](registries.md#push).",
    },
  ).prefault({});
}

/** What works and leaves a call unproven that could be proven. */
export function unprovenHooks(hooks: readonly Hook[]): readonly string[] {
  return hooks.flatMap(({ provider, proof }, index) =>
    RULES[provider].mustProve && proof.kind === "path"
      ? [`push.hooks[${index}]: whoever knows the path may call; ${provider} could prove each call`]
      : [],
  );
}

function hookField(reader: Reader) {
  return section(
    {
      provider: z.enum(PROVIDERS).meta({ description: "Who calls.", example: "harbor" }),
      secret: secretField(
        reader,
        {
          description: `Last part of the path, at least ${SECRET_LENGTH_MIN} letters, digits, \`-\` and \`_\`: \`openssl rand -hex 32\`.`,
          example: "{ env: HARBOR_HOOK }",
        },
        pathSecretFault,
      ),
      registry: z
        .string()
        .superRefine((text, context) => {
          const reason = hostFault(text);
          if (reason !== undefined) context.addIssue(reason);
        })
        .meta({
          values: "host",
          description:
            "Host of the images, as Dockerfiles name it. `harbor`, `jfrog`, `distribution` and `gitea` need it; for `github`, `quay`, `ecr`, `acr` and `google` it keeps the hook to one host.",
          example: "harbor.acme.internal",
        })
        .exactOptional(),
      signatureSecret: secretField(reader, {
        description: "What `github`, `gitea` and `jfrog` sign each call with.",
        example: "{ env: GITHUB_HOOK_KEY }",
      }).exactOptional(),
      header: headerField(reader).exactOptional(),
      ...tokenFields(),
      dangerouslyAcceptUnsigned: z
        .literal(true)
        .meta({
          values: "`true`",
          description:
            "Believe whoever knows the path, although the provider could prove that it calls. A warning is logged.",
          example: "true",
        })
        .exactOptional(),
    },
    {},
  ).transform((fields, context): Hook => {
    const faults = faultsIn(fields);
    for (const { reason, path } of faults) refuse(context, reason, path);
    if (faults.length > 0) return z.NEVER;
    const { provider, secret, registry } = fields;
    return { provider, secret, proof: proofOf(fields), ...(registry === undefined ? {} : { registry }) };
  });
}

function headerField(reader: Reader) {
  return section(
    {
      name: textField(
        {
          description:
            "A header that each call carries. Default: `Authorization`; for `jfrog` it is `X-JFrog-Event-Auth`.",
          example: "X-Acme-Hook",
        },
        64,
      )
        .regex(/^[A-Za-z0-9-]+$/, { error: "is not the name of a header" })
        .exactOptional(),
      value: secretField(reader, {
        description: "All of its value.",
        example: "{ env: HARBOR_HOOK_HEADER }",
      }),
    },
    {
      description:
        "A header by which calls are known: `ecr`, `acr`, `harbor`, `jfrog` and `distribution` can be told to send one.",
      example: "{ name: X-Acme-Hook, value: { env: HARBOR_HOOK_HEADER } }",
    },
  );
}

function tokenFields() {
  return {
    audience: textField({
      description: "Audience of the tokens that `google` and `chainguard` send.",
      example: "https://hullkeeper.acme.example/hooks",
    }).exactOptional(),
    email: textField({
      description: "Service account that the Pub/Sub subscription of `google` calls as.",
      example: "push@acme.iam.gserviceaccount.com",
    })
      .regex(/^[^@\s]+@[^@\s]+$/, { error: "is not the address of a service account" })
      .exactOptional(),
    subject: textField({
      description:
        "Subject of the tokens of `chainguard`: `webhook:` and the id of your organization (its UIDP).",
      example: "webhook:45a0c61ea6fd977f050c5fb9ac06a69eed764595",
    })
      .regex(/^webhook:[0-9a-f]+(?:\/[0-9a-f]+)*$/, {
        error: "must be webhook: and the id of an organization",
      })
      .exactOptional(),
  };
}

interface HookFields {
  readonly provider: Provider;
  readonly secret: Secret;
  readonly registry?: string;
  readonly signatureSecret?: Secret;
  readonly header?: { readonly name?: string; readonly value: Secret };
  readonly audience?: string;
  readonly email?: string;
  readonly subject?: string;
  readonly dangerouslyAcceptUnsigned?: true;
}

interface HookFault {
  readonly reason: string;
  readonly path: readonly string[];
}

function faultsIn(fields: HookFields): readonly HookFault[] {
  const { provider, registry } = fields;
  const rule = RULES[provider];
  const senseless = (field: string): HookFault => ({
    reason: `means nothing for ${provider}`,
    path: [field],
  });
  const unknownFields = PROOF_FIELDS.filter(
    (field) => fields[field] !== undefined && !rule.proofs.flat().includes(field),
  ).map(senseless);
  const registryFaults =
    rule.registry === "required" && registry === undefined
      ? [{ reason: `is missing: ${provider} is not at one host`, path: ["registry"] }]
      : rule.registry === "fixed" && registry !== undefined
        ? [senseless("registry")]
        : [];
  return [...unknownFields, ...registryFaults, ...proofFaults(fields, rule)];
}

function proofFaults(fields: HookFields, { proofs, mustProve }: Rule): readonly HookFault[] {
  const { provider, dangerouslyAcceptUnsigned } = fields;
  const given = proofs.filter((names) => names.some((name) => fields[name] !== undefined));
  const [first, second] = given;
  if (second !== undefined) return [{ reason: "is one too many beside signatureSecret", path: ["header"] }];
  if (dangerouslyAcceptUnsigned === true) {
    if (!mustProve) return [{ reason: `means nothing for ${provider}`, path: ["dangerouslyAcceptUnsigned"] }];
    const what = first?.join(" and ");
    return what === undefined ? [] : [{ reason: `contradicts ${what}`, path: ["dangerouslyAcceptUnsigned"] }];
  }
  if (first === undefined && !mustProve) return [];
  const needed = first ?? proofs[0] ?? [];
  return needed
    .filter((name) => fields[name] === undefined)
    .map((name) => ({ reason: `is missing: ${provider} can prove its calls`, path: [name] }));
}

function proofOf({ provider, signatureSecret, header, audience, email, subject }: HookFields): Proof {
  if (signatureSecret !== undefined) {
    return { kind: "hmac", headers: SIGNATURE_HEADERS[provider] ?? [], key: signatureSecret };
  }
  if (header !== undefined) {
    const name = header.name ?? (provider === "jfrog" ? JFROG_HEADER : "Authorization");
    return { kind: "header", name, value: header.value };
  }
  const issuer = ISSUERS[provider];
  if (audience === undefined || issuer === undefined) return { kind: "path" };
  return {
    kind: "token",
    issuer,
    audience,
    ...(email === undefined ? {} : { email }),
    ...(subject === undefined ? {} : { subject }),
  };
}

function pathSecretFault(text: string): string | undefined {
  if (!/^[\w-]*$/.test(text))
    return "holds something else than letters, digits, - and _, which a path keeps as they are";
  return text.length < SECRET_LENGTH_MIN || text.length > 200
    ? `must have ${SECRET_LENGTH_MIN} to 200 characters: make one with openssl rand -hex 32`
    : undefined;
}

function refuseSharedSecrets(context: z.core.ParsePayload<Hook[]>): void {
  const seen = new Set<string>();
  for (const [index, { secret }] of context.value.entries()) {
    if (seen.has(secret.reveal())) refuse(context, "is the secret of another hook", [index, "secret"]);
    seen.add(secret.reveal());
  }
}
