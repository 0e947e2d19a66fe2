import { onTestFinished } from "vitest";
import { createOpenApiValidator } from "../../../fakes/github/openapi-validator.ts";
import { startGitHubDouble } from "../../../fakes/github/start-github-double.ts";
import { adapterAt, narrowedAt, personAt, strangerAt } from "./adapter.ts";
import { APP_ID, COLLABORATOR, FILES, GIVEN, KEY, type Opinion } from "./opinion.ts";

const SHOP = { owner: "acme", name: "shop" };

/** Compiling its schemas takes longer than most tests. */
const VALIDATOR = createOpenApiValidator();

/** Our own double, as github.com: the adapter is meant to work at what it stands for. */
export const DOUBLE: Opinion = {
  name: "double",
  isAsked: true,
  timeoutMs: 20_000,
  identities: ["app", "token"],
  async open(as, webhooks) {
    const double = await startGitHubDouble({
      validator: VALIDATOR,
      edition: { kind: "cloud" },
      app: { id: APP_ID, key: KEY.publicKey },
    });
    onTestFinished(async () => double.close());
    const base = await double.createRepository(SHOP.owner, SHOP.name, FILES);
    await double.install(SHOP.owner, { permissions: GIVEN });
    double.setRole(SHOP.owner, SHOP.name, COLLABORATOR, "write");
    if (webhooks !== undefined) await double.sendWebhooks(webhooks);
    return {
      repository: SHOP,
      host: adapterAt(double.url, as, double.token),
      stranger: strangerAt(double.url, as),
      baseBranch: "main",
      branch: "hullkeeper/bellsoft",
      base,
      person: personAt(double.url, double.token),
      narrowed: async (permissions) => narrowedAt(double.url, SHOP, permissions),
    };
  },
};
