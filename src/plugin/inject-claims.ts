/**
 * Claims to headers. The text is made once for each principal and kept with it,
 * so a cached token costs one array look-up. A claim that is absent, `null` or
 * an empty list gives no header. Values are visible ASCII, everything else
 * percent-encoded, so no claim can begin a header line, and two claims of one
 * kind are equal when their headers are.
 */
import { encodeListItem, encodeText } from './header-text.ts';

export interface ClaimMapping {
  readonly header: string;
  /** Names from the outside in: `realm.roles` is `['realm', 'roles']`. */
  readonly claim: readonly string[];
}

/** What is needed of a principal or a certificate. `rendered` holds the text by injector. */
export interface ClaimsHolder {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly rendered: (string | undefined)[];
}

export interface ClaimInjector {
  /** Header lines, each with its CRLF. */
  readonly render: (holder: ClaimsHolder) => string;
}

/** `index` tells this injector from every other of the plan. */
export function createClaimInjector(index: number, mappings: readonly ClaimMapping[]): ClaimInjector {
  const lines = mappings.map(({ header, claim }) => ({ prefix: `${header}: `, claim }));

  function renderAll(claims: ClaimsHolder['claims']): string {
    let text = '';
    for (const { prefix, claim } of lines) {
      const value = textOfClaim(claimAt(claims, claim));
      if (value !== undefined) text += `${prefix}${value}\r\n`;
    }
    return text;
  }

  return { render: (holder) => (holder.rendered[index] ??= renderAll(holder.claims)) };
}

function claimAt(claims: Readonly<Record<string, unknown>>, path: readonly string[]): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    // Own members only: `constructor` is not a claim.
    if (!Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/**
 * A string as it is, a number or boolean as its JSON text, a list as its
 * elements joined by commas, an object as its JSON text.
 */
function textOfClaim(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) return encodeText(plainText(value));
  if (value.length === 0) return undefined;
  return value.map((item) => encodeListItem(plainText(item))).join(',');
}

function plainText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
