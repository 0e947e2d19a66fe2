import { z } from "zod";
import { InvalidInputError } from "../src/errors.ts";
import { parseRepositoryPrefix } from "../src/image/mirror.ts";
import { parseImagePattern, renderImagePattern, wildcardsIn } from "../src/vendor/pattern.ts";
import { type FieldFacts, parsedField, refuse, section } from "./fields.ts";

/** Patterns of repositories of images. */
export function imagePatternField(facts: Partial<FieldFacts>) {
  return parsedField(
    (text) => {
      // An image is right below the host. A * there is no secret.
      if (/^reg\.mini\.dev\/(?!\*\/)[^/]+\//i.test(text)) throw tokenInPath();
      return parseImagePattern(text);
    },
    { values: "pattern", ...facts },
  );
}

/** A registry, or a path of it that repositories stand below. */
export function prefixField(facts: Partial<FieldFacts>) {
  return parsedField(
    (text) => {
      if (/^reg\.mini\.dev\/[^/]/i.test(text)) throw tokenInPath();
      return parseRepositoryPrefix(text);
    },
    { values: "registry, or registry/path", ...facts },
  );
}

/** What is written is not shown: it is the secret. */
function tokenInPath(): InvalidInputError {
  return new InvalidInputError(
    "config-invalid",
    "holds a token of Minimus in its path: write reg.mini.dev and the image alone, and the token under registries",
  );
}

/** Further places where evidence about images hangs. */
export function evidencePlacesField() {
  const place = section(
    {
      images: imagePatternField({
        description: "Images that it is about, with one `*` at most.",
        example: "dhi.io/*",
      }),
      at: imagePatternField({
        description:
          "Where their evidence hangs, beside where they are themselves. `*` is what it is in `images`.",
        example: "registry.scout.docker.com/docker/dhi-*",
      }),
    },
    {},
  ).superRefine(({ images, at }, context) => {
    if (wildcardsIn(images) > 1) refuse(context, "holds more than one *", ["images"]);
    if (wildcardsIn(at) > 1) refuse(context, "holds more than one *", ["at"]);
    else if (wildcardsIn(at) > wildcardsIn(images)) {
      refuse(context, "holds a * that images has not: nothing says what it stands for", ["at"]);
    }
    if (renderImagePattern(images) === renderImagePattern(at)) {
      refuse(context, "is where the images are: evidence is looked for there in any case", ["at"]);
    }
  });
  return z.array(place).max(100).meta({
    description:
      "Further repositories where signatures and attestations about images hang. All places are looked at; nothing is believed because of where it hangs.",
    example: '[{ images: "dhi.io/*", at: "registry.scout.docker.com/docker/dhi-*" }]',
  });
}
