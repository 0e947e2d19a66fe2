import packageJson from "../package.json" with { type: "json" };

/** Version of this Hullkeeper. */
export const VERSION: string = packageJson.version;
