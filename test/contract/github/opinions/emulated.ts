import { createEmulator } from "emulate";
import { onTestFinished } from "vitest";
import { adapterAt, narrowedAt, personAt, seed, strangerAt } from "./adapter.ts";
import { startMender } from "./mender.ts";
import { APP_ID, COLLABORATOR, GIVEN, KEY, type Opinion } from "./opinion.ts";

const SHOP = { owner: "acme", name: "shop" };
const PERSON = "grace";
const TOKEN = "ghp_of_a_person_who_may_do_everything";

/**
 * The package `emulate` by Vercel, which others wrote from the same descriptions. One answer of it is mended on the way: without that nothing could be
 * asked of it at all.
 */
export const EMULATED: Opinion = {
  name: "emulate",
  isAsked: true,
  timeoutMs: 20_000,
  identities: ["app", "token"],
  async open(as, webhooks) {
    const emulator = await createEmulator({
      service: "github",
      port: 0,
      seed: {
        tokens: { [TOKEN]: { login: PERSON, scopes: ["repo", "workflow"] } },
        github: {
          users: [{ login: PERSON }, { login: COLLABORATOR }],
          orgs: [{ login: SHOP.owner, members: [{ login: PERSON, role: "admin" }] }],
          repos: [{ owner: SHOP.owner, name: SHOP.name, auto_init: true }],
          apps: [
            {
              app_id: APP_ID,
              slug: "hullkeeper",
              name: "Hullkeeper",
              private_key: KEY.privateKey,
              // It wants this one, too, for labels of pull requests, which GitHub does not.
              permissions: { ...GIVEN, issues: "write" },
              ...(webhooks === undefined
                ? {}
                : {
                    events: ["push", "pull_request", "issue_comment"],
                    webhook_url: webhooks.url,
                    webhook_secret: webhooks.secret,
                  }),
              installations: [{ installation_id: 100, account: SHOP.owner, repository_selection: "all" }],
            },
          ],
        },
      },
    });
    onTestFinished(async () => emulator.close());
    const mender = await startMender(emulator.url);
    onTestFinished(async () => mender.close());
    const person = personAt(emulator.url, TOKEN);
    const where = { owner: SHOP.owner, repo: SHOP.name };
    await person.rest.repos.addCollaborator({ ...where, username: COLLABORATOR, permission: "push" });
    return {
      repository: SHOP,
      host: adapterAt(mender.url, as, TOKEN),
      stranger: strangerAt(mender.url, as),
      baseBranch: "stage",
      branch: "hullkeeper/bellsoft",
      base: await seed(person, where, "stage"),
      person,
      narrowed: async (permissions) => narrowedAt(mender.url, SHOP, permissions),
    };
  },
};
