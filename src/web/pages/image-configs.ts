import type { ImageConfig } from "../../image/config.ts";
import { type Html, html, NOTHING, visible } from "./html.ts";
import { renderTable } from "./table.ts";

/** Texts of one list that are shown. */
const SHOWN_MAX = 30;

/** How the images of a digest are run. */
export interface ConfigsData {
  /** A platform of `""` where the image does not say. */
  readonly configs: readonly { readonly platform: string; readonly config: ImageConfig }[];
  readonly faults: readonly { readonly platform: string; readonly reason: string }[];
}

/** How the images of the digest that a tag stands on are run, one row for each platform. */
export function renderImageConfigs({ configs, faults }: ConfigsData): Html {
  if (configs.length === 0 && faults.length === 0) return NOTHING;
  type Row = ConfigsData["configs"][number] | ConfigsData["faults"][number];
  const rows: readonly Row[] = [...configs, ...faults];
  return renderTable({
    id: "configs",
    title: "How it is run",
    noun: "platform",
    columns: ["Platform", "User", "Starts", "Ports and volumes", "Environment", "Size"],
    rows,
    cellsOf: (row) =>
      "config" in row
        ? cellsOf(row.platform, row.config)
        : [
            renderPlatform(row.platform),
            html`not read: ${visible(row.reason)}`,
            NOTHING,
            NOTHING,
            NOTHING,
            NOTHING,
          ],
    empty: "",
  });
}

function cellsOf(platform: string, config: ImageConfig): readonly Html[] {
  const { user, entrypoint, command, exposedPorts, volumes, workingDirectory, layerCount, layerBytes } =
    config;
  return [
    renderPlatform(platform),
    html`<code>${visible(user ?? "root")}</code>`,
    html`<code>${visible(startOf([...entrypoint, ...command]))}</code>
      <small>in <code>${visible(workingDirectory ?? "/")}</code></small>`,
    html`${visible(listed([...exposedPorts, ...volumes]))}`,
    renderEnvironment(config),
    html`${layerCount} ${layerCount === 1 ? "layer" : "layers"}, ${(layerBytes / 1_000_000).toFixed(1)} MB`,
  ];
}

function renderPlatform(platform: string): Html {
  return html`${platform === "" ? "not said" : visible(platform)}`;
}

function startOf(texts: readonly string[]): string {
  return texts.length === 0
    ? "nothing"
    : JSON.stringify(texts.slice(0, SHOWN_MAX)).replaceAll(HASHED, "[secret]");
}

function renderEnvironment({ environment, masked }: ImageConfig): Html {
  const texts = Object.entries(environment).map(
    ([name, value]) => `${name}=${masked.includes(name) ? "[not shown]" : value}`,
  );
  return html`${texts.slice(0, SHOWN_MAX).map((text) => html`<code>${visible(text)}</code> `)}${
    texts.length > SHOWN_MAX ? `and ${texts.length - SHOWN_MAX} more` : ""
  }`;
}

const HASHED = /\[secret sha256:[0-9a-f]{16}\]/g;

function listed(texts: readonly string[]): string {
  const rest = texts.length - SHOWN_MAX;
  return `${texts.slice(0, SHOWN_MAX).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
