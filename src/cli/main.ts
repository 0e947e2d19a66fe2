import "./lean-heap.mjs";

const { main } = await import("./command.ts");
// A connection to something that is gone must not keep the process.
process.exit(await main(process.argv.slice(2), process.env));
