/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
export function untilAskedToEnd(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    const listen = (signal: NodeJS.Signals) => {
      if (asked) process.exit(130);
      asked = true;
      resolve(signal);
    };
    process.on("SIGINT", listen);
    process.on("SIGTERM", listen);
  });
}
