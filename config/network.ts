import { z } from "zod";
import { Secret } from "../src/secret.ts";
import { describeIssue } from "./fault.ts";
import { refuse, section, textField, urlField } from "./fields.ts";
import type { Reader } from "./reader.ts";

/** Which proxy is used: the environment's, none, or this one. */
export type ProxyChoice =
  | { readonly kind: "environment" }
  | { readonly kind: "none" }
  | { readonly kind: "configured"; readonly http?: Secret; readonly https?: Secret; readonly none?: string };

/** Whether docker's and podman's files are read for credentials: not, where they usually are, or one of them. */
export type DockerConfigChoice =
  { readonly kind: "off" } | { readonly kind: "auto" } | { readonly kind: "file"; readonly path: string };

/** What may be said under `network`. */
export function networkSection() {
  return section(
    {
      proxy: z
        .custom<string | object>((value) => isProxyWord(value) || isMapping(value), {
          error: "must be environment, none or a mapping of http, https and none",
        })
        .transform(async (value, context): Promise<ProxyChoice> => {
          if (value === "environment" || value === "none") return { kind: value };
          const parsed = await proxySchema().safeParseAsync(value, { error: describeIssue });
          if (parsed.success) return parsed.data;
          for (const issue of parsed.error.issues) {
            const below = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [key]) : [[]];
            for (const rest of below) refuse(context, issue.message, [...issue.path, ...rest]);
          }
          return z.NEVER;
        })
        .meta({
          values: "`environment`, `none`, or a mapping",
          description:
            "Proxy on the way to registries. `environment`: what `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say, in lower case first. A mapping: addresses under `http` and `https`, and under `none` the hosts that are spoken to directly. A proxy with a password belongs into the environment.",
          example: "{ https: http://proxy.acme.internal:3128, none: [registry.acme.internal] }",
        })
        .prefault("environment"),
    },
    { description: "The way out." },
  ).prefault({});
}

/** What may be said under `credentials`. */
export function credentialsSection(reader: Reader) {
  return section(
    {
      dockerConfig: textField({
        values: "`off`, `auto`, or a path",
        description:
          "Whether credentials that stand in no entry of `registries` are taken from docker's and podman's files. `auto`: `DOCKER_AUTH_CONFIG`, then `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`, `$REGISTRY_AUTH_FILE`, `$XDG_RUNTIME_DIR/containers/auth.json`, `~/.config/containers/auth.json` (below `$XDG_CONFIG_HOME` where that is set); the first that knows the registry decides. A path: that file alone.",
        example: "auto",
      })
        .transform(async (text, context): Promise<DockerConfigChoice> => {
          if (text === "off" || text === "auto") return { kind: text };
          const answer = await reader.secretFile(text);
          if (answer.kind === "fault") return refuse(context, answer.reason);
          return { kind: "file", path: answer.value };
        })
        .prefault("off"),
      helpers: z
        .boolean()
        .meta({
          description:
            "Whether programs that these files name (`docker-credential-…`) may be run. They see the host and give its secret.",
          example: "true",
        })
        .prefault(false),
    },
    { description: "Credentials that somebody else keeps." },
  )
    .superRefine(({ dockerConfig, helpers }, context) => {
      if (helpers && dockerConfig.kind === "off") {
        refuse(context, "means nothing while dockerConfig is off", ["helpers"]);
      }
    })
    .prefault({});
}

function proxySchema() {
  return section(
    {
      http: proxyField("http"),
      https: proxyField("https"),
      none: z
        .array(
          z
            .string()
            .max(255)
            .regex(/^[^\s,]+$/, {
              error: "must be one host, such as registry.acme.internal or .acme.internal",
            }),
        )
        .max(200)
        .exactOptional(),
    },
    {},
  ).transform(({ http, https, none }): ProxyChoice => ({
    kind: "configured",
    ...(http === undefined ? {} : { http: new Secret(http) }),
    ...(https === undefined ? {} : { https: new Secret(https) }),
    ...(none === undefined || none.length === 0 ? {} : { none: none.join(",") }),
  }));
}

function proxyField(scheme: "http" | "https") {
  return urlField("anywhere", {
    description: `Proxy for ${scheme} addresses.`,
    example: "http://proxy.acme.internal:3128",
  }).exactOptional();
}

function isProxyWord(value: unknown): boolean {
  return value === "environment" || value === "none";
}

function isMapping(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
