import { reply, type Reply } from "../registry/reply.ts";
import { formIn, startTokenService, type TokenService } from "./service.ts";

/** Who may have a token: a client of a tenant, with a secret or with a token that another service made for it. */
export interface EntraClient {
  readonly tenant: string;
  readonly clientId: string;
  readonly secret?: string;
  readonly assertion?: string;
  /** What it gets. */
  readonly accessToken: string;
}

/** Entra ID's token endpoint. @see Microsoft identity platform, "OAuth 2.0 client credentials flow" */
export async function startEntraDouble(client: EntraClient): Promise<TokenService> {
  return startTokenService((call) => {
    const form = formIn(call);
    const isRight =
      call.method === "POST" &&
      call.path === `/${client.tenant}/oauth2/v2.0/token` &&
      form["grant_type"] === "client_credentials" &&
      form["client_id"] === client.clientId &&
      form["scope"] === "https://containerregistry.azure.net/.default" &&
      isProven(form, client);
    return isRight
      ? json(200, { token_type: "Bearer", expires_in: 3_599, access_token: client.accessToken })
      : json(401, { error: "invalid_client", error_description: `AADSTS7000215: ${JSON.stringify(form)}` });
  });
}

function isProven(form: Readonly<Record<string, string>>, { secret, assertion }: EntraClient): boolean {
  if (secret !== undefined && form["client_secret"] === secret) return true;
  return (
    assertion !== undefined &&
    form["client_assertion_type"] === "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" &&
    form["client_assertion"] === assertion
  );
}

function json(status: number, body: object): Reply {
  return reply(status, { "content-type": "application/json" }, JSON.stringify(body));
}
