/** Names, versions and the like that are longer are no package's. */
export const TEXT_LENGTH_MAX = 300;

/** What no name of a package holds: control and direction characters, and halves of characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Whether a text has a character that cannot be shown, or that changes how others are shown. */
export function isUnprintable(text: string): boolean {
  return UNPRINTABLE.test(text);
}

/** Whether a text can be a name or a version that is shown. */
export function isShowable(text: string): boolean {
  return text !== "" && text.length <= TEXT_LENGTH_MAX && !isUnprintable(text);
}
