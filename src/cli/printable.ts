/** Foreign text as a terminal may show it: what is no visible character is replaced. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "�");
}
