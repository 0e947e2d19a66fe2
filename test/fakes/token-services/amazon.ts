import { type Reply, reply } from "../registry/reply.ts";
import { startTokenService, type TokenService } from "./service.ts";

/** Amazon's two services that hand out log-ins, as their clients speak to them. @see Amazon ECR API and Amazon ECR Public API, GetAuthorizationToken */
export interface AmazonDouble extends TokenService {
  /** How it answers from now on. */
  behave(behaviour: AmazonBehaviour): void;
  /** Passwords handed out so far, oldest first. */
  readonly passwords: readonly string[];
}

export type AmazonBehaviour =
  | { readonly kind: "token"; readonly lifetimeSeconds: number }
  /** An error in Amazon's form. */
  | { readonly kind: "error"; readonly status: number; readonly type: string; readonly message: string }
  /** This, whatever it is. */
  | { readonly kind: "body"; readonly body: string }
  | { readonly kind: "silence" };

/** What the credentials in tests are; the double refuses calls that others signed. */
export const AMAZON_KEYS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "canary-amazon-secret" } as const;

const TARGETS = new Map([
  ["AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken", "ecr"],
  ["SpencerFrontendService.GetAuthorizationToken", "ecr-public"],
]);

/** Starts it. Tokens last twelve hours unless told otherwise. */
export async function startAmazonDouble(): Promise<AmazonDouble> {
  let behaviour: AmazonBehaviour = { kind: "token", lifetimeSeconds: 12 * 3_600 };
  const passwords: string[] = [];
  const service = await startTokenService(({ method, headers }) => {
    const target = TARGETS.get(String(headers["x-amz-target"]));
    const signed = `AWS4-HMAC-SHA256 Credential=${AMAZON_KEYS.accessKeyId}/`;
    if (method !== "POST" || target === undefined) return error(400, "UnknownOperationException", "");
    if (!String(headers["authorization"]).startsWith(signed)) {
      return error(400, "UnrecognizedClientException", "The security token included is invalid.");
    }
    if (behaviour.kind === "silence") return undefined;
    if (behaviour.kind === "error") return error(behaviour.status, behaviour.type, behaviour.message);
    if (behaviour.kind === "body") return reply(200, JSON_TYPE, behaviour.body);
    const password = `canary-amazon-password-${passwords.length + 1}`;
    passwords.push(password);
    const data = {
      authorizationToken: Buffer.from(`AWS:${password}`).toString("base64"),
      expiresAt: Date.now() / 1_000 + behaviour.lifetimeSeconds,
    };
    return reply(200, JSON_TYPE, JSON.stringify({ authorizationData: target === "ecr" ? [data] : data }));
  });
  return {
    ...service,
    passwords,
    behave: (next) => {
      behaviour = next;
    },
  };
}

const JSON_TYPE = { "content-type": "application/x-amz-json-1.1" };

function error(status: number, type: string, message: string): Reply {
  return reply(status, { ...JSON_TYPE, "x-amzn-errortype": type }, JSON.stringify({ __type: type, message }));
}
