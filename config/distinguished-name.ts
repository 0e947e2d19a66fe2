/** Attributes that a trusted identity names at least, each by one of its short forms. */
const DEMANDED = [["C"], ["ST", "S"], ["O"]] as const;

/**
 * What is wrong with a distinguished name of a trusted identity, `C=US, ST=WA, O=Acme`: undefined for one that is right.
 *
 * @see Notary Project trust-store-trust-policy.md v1.1.0, "Trusted identities constraints"
 */
export function distinguishedNameFault(text: string): string | undefined {
  if (text.length > 500) return "longer than 500 characters";
  // A comma that belongs to a value is written \,.
  const parts = text.split(/(?<!\\),/).map((part) => part.trim());
  const types: string[] = [];
  for (const part of parts) {
    const [, type, value] = /^([A-Za-z][A-Za-z0-9.]*)\s*=\s*(.+)$/s.exec(part) ?? [];
    if (type === undefined || value === undefined) {
      return "not a distinguished name such as C=US, ST=WA, O=Acme";
    }
    if (value.includes("*")) return "* has no meaning: each attribute is compared as it is";
    if (types.includes(type.toUpperCase())) return `${type} is here twice`;
    types.push(type.toUpperCase());
  }
  const missing = DEMANDED.find((forms) => !forms.some((form) => types.includes(form)));
  return missing === undefined ? undefined : `needs ${missing[0]}=: at least C, ST and O say who it is`;
}
