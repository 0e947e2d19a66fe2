import type { ConfigChange } from "./config-change.ts";

/** Who a process runs as. */
interface User {
  readonly user: string;
  readonly group: string | undefined;
  readonly isRoot: boolean;
  readonly isNumeric: boolean;
}

/** `root` by default, and under each of its names. */
export function isRoot(text: string | undefined): boolean {
  return parseUser(text).isRoot;
}

/** What another user means, if it is another. */
export function userChangesOf(from: string | undefined, to: string | undefined): readonly ConfigChange[] {
  if (from === to) return [];
  const [old, current] = [parseUser(from), parseUser(to)];
  const isSame = old.user === current.user && old.group === current.group;
  if (isSame || (old.isRoot && current.isRoot && old.group === current.group)) return [];
  return [
    {
      kind: "user",
      ...riskOf(old, current),
      from: from ?? "root",
      to: to ?? "root",
    },
  ];
}

function parseUser(text: string | undefined): User {
  const written = text?.trim() ?? "";
  const colon = written.indexOf(":");
  const name = colon === -1 ? written : written.slice(0, colon);
  const group = colon === -1 ? undefined : written.slice(colon + 1);
  const isRootName = name === "" || name === "root" || /^0+$/.test(name);
  return {
    user: isRootName ? "root" : name,
    group: group === "" || (isRootName && (group === "root" || group === "0")) ? undefined : group,
    isRoot: isRootName,
    isNumeric: isRootName || /^\d+$/.test(name),
  };
}

function riskOf(old: User, current: User): Pick<ConfigChange, "risk" | "sentence"> {
  if (old.isRoot && !current.isRoot) {
    return {
      risk: "breaking",
      sentence:
        "the process is no longer root: it cannot write where only root may, and steps of your build that need root have to say so",
    };
  }
  if (!old.isRoot && current.isRoot) {
    return {
      risk: "breaking",
      sentence:
        "the process runs as root now: clusters that demand runAsNonRoot refuse to start it, and whoever takes it over is root in the container",
    };
  }
  if (old.isNumeric && !current.isNumeric) {
    return {
      risk: "breaking",
      sentence:
        "the user is a name now: clusters that demand runAsNonRoot cannot tell that it is not root, and refuse to start it",
    };
  }
  if (old.user !== current.user && old.isNumeric) {
    return {
      risk: "breaking",
      sentence:
        "files that your build copies for the old user, and those on its volumes, are no longer writable by the process",
    };
  }
  return old.user === current.user
    ? {
        risk: "review",
        sentence: "what the process may read and write by its group changes, on volumes too",
      }
    : {
        risk: "review",
        sentence:
          "if it is another user than before, files that were copied or kept for the old one are no longer writable",
      };
}
