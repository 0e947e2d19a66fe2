import { reply, type Reply } from "../registry/reply.ts";
import { formIn, startTokenService, type TokenService } from "./service.ts";

/** Google's token services: the one of a machine, and the one that exchanges tokens of other clouds. @see Compute Engine, "About VM metadata"; IAM, Security Token Service API, v1/token */
export interface GoogleDouble extends TokenService {
  /** Access tokens handed out so far, oldest first. */
  readonly tokens: readonly string[];
  /** How it answers from now on. */
  behave(behaviour: GoogleBehaviour): void;
}

export type GoogleBehaviour =
  | { readonly kind: "token"; readonly lifetimeSeconds: number }
  | { readonly kind: "answer"; readonly status: number; readonly body: string }
  | { readonly kind: "silence" };

/** The token of another cloud that is taken for one of ours. */
export const SUBJECT_TOKEN = "canary-subject-token";

/** Starts it. Tokens last an hour unless told otherwise. */
export async function startGoogleDouble(): Promise<GoogleDouble> {
  let behaviour: GoogleBehaviour = { kind: "token", lifetimeSeconds: 3_600 };
  const tokens: string[] = [];
  const service = await startTokenService((call) => {
    const isMachine =
      call.path === "/computeMetadata/v1/instance/service-accounts/default/token" &&
      call.headers["metadata-flavor"] === "Google";
    const isExchange = call.path === "/v1/token" && formIn(call)["subject_token"] === SUBJECT_TOKEN;
    if (!isMachine && !isExchange) return answer(call.path.startsWith("/computeMetadata") ? 200 : 401, "{}");
    if (behaviour.kind === "silence") return undefined;
    if (behaviour.kind === "answer") return answer(behaviour.status, behaviour.body);
    const token = `canary-google-token-${tokens.length + 1}`;
    tokens.push(token);
    return answer(
      200,
      JSON.stringify({
        access_token: token,
        expires_in: behaviour.lifetimeSeconds,
        token_type: "Bearer",
        issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
      }),
    );
  });
  return {
    ...service,
    tokens,
    behave: (next) => {
      behaviour = next;
    },
  };
}

function answer(status: number, body: string): Reply {
  return reply(status, { "content-type": "application/json", "metadata-flavor": "Google" }, body);
}
