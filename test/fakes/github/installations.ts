import type { AppState, InstallationState } from "./app.ts";
import type { InstallationWish } from "./operator.ts";
import { keyOf } from "./world.ts";
import type { World } from "./world.ts";

const PERMISSIONS = {
  checks: "write",
  contents: "write",
  issues: "write",
  metadata: "read",
  pull_requests: "write",
  statuses: "write",
};

/** Installs the App. Returns the id of the installation. */
export function install(world: World, account: string, wish: InstallationWish): number {
  const app = appOf(world);
  if (app.installations.some((each) => each.account.toLowerCase() === account.toLowerCase())) {
    throw new Error(`the App is installed at ${account} already`);
  }
  const installation: InstallationState = {
    id: world.nextId(),
    account,
    accountKind: wish.kind ?? "Organization",
    createdAt: world.now(),
    permissions: wish.permissions ?? PERMISSIONS,
    repositoryIds: idsOf(world, account, wish.repositories),
    suspendedAt: undefined,
  };
  app.installations.push(installation);
  return installation.id;
}

/** Changes what an account gives, or whether it gives anything. */
export function changeInstallation(
  world: World,
  id: number,
  wish: InstallationWish & { readonly state?: "active" | "suspended" | "removed" },
): void {
  const { installations } = appOf(world);
  const at = installations.findIndex((each) => each.id === id);
  const installation = installations[at];
  if (installation === undefined) throw new Error(`there is no installation ${id}`);
  installation.permissions = wish.permissions ?? installation.permissions;
  if (wish.repositories !== undefined) {
    installation.repositoryIds = idsOf(world, installation.account, wish.repositories);
  }
  if (wish.state === "removed") installations.splice(at, 1);
  if (wish.state === "suspended") installation.suspendedAt = world.now();
  if (wish.state === "active") installation.suspendedAt = undefined;
}

function appOf({ app }: World): AppState {
  if (app === undefined) throw new Error("the double was started without an App");
  return app;
}

function idsOf(
  { repositories }: World,
  account: string,
  names: readonly string[] | undefined,
): Set<number> | undefined {
  if (names === undefined) return undefined;
  return new Set(
    names.map((name) => {
      const repository = repositories.get(keyOf(account, name));
      if (repository === undefined) throw new Error(`there is no repository ${account}/${name}`);
      return repository.id;
    }),
  );
}
