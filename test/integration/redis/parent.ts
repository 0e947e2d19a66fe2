import { findRedisProgram, startPrivateRedis } from "../../../src/adapters/redis/server.ts";
import { TOOLS_FILE } from "../../tools/tool.ts";

/**
 * A process that keeps a private Redis: `node parent.ts DIRECTORY`. Says where it is in one line of JSON, and stays until it is ended.
 */
const program = findRedisProgram(process.env["PATH"] ?? "", TOOLS_FILE);
const [directory] = process.argv.slice(2);
if (program === undefined || directory === undefined) throw new Error("no server program, or no directory");
const { address } = await startPrivateRedis(program, directory);
process.stdout.write(`${JSON.stringify(address)}\n`);
setInterval(() => {}, 60_000);
