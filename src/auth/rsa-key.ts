/**
 * What makes an RSA public key too weak to trust: a modulus under 2048 bits
 * (RFC 7518 §3.3), an exponent under which anybody can sign, and the ROCA
 * fingerprint (CVE-2017-15361). Run once for each key of a fetched set.
 */
const MIN_MODULUS_BITS = 2048;
/** Bounds the work that one verification can cost. */
const MAX_MODULUS_BITS = 8192;

/** Why the key with modulus `n` and exponent `e` (base64url) must not be used, or `undefined`. */
export function faultOfRsaKey(n: unknown, e: unknown): string | undefined {
  const modulus = readUint(n);
  const exponent = readUint(e);
  if (modulus === undefined || exponent === undefined) return 'an RSA key without a modulus and an exponent';
  const bits = modulus.toString(2).length;
  if (bits < MIN_MODULUS_BITS) return `an RSA key of ${bits} bits; at least ${MIN_MODULUS_BITS} are needed`;
  if (bits > MAX_MODULUS_BITS) return `an RSA key of ${bits} bits; at most ${MAX_MODULUS_BITS} are taken`;
  if (exponent < 3n || exponent % 2n === 0n || exponent >= 2n ** 64n) return 'an RSA key with an unsound exponent';
  return hasRocaFingerprint(modulus) ? 'an RSA key with the ROCA weakness (CVE-2017-15361)' : undefined;
}

function readUint(text: unknown): bigint | undefined {
  if (typeof text !== 'string') return undefined;
  const hex = Buffer.from(text, 'base64url').toString('hex');
  return hex === '' ? undefined : BigInt(`0x${hex}`);
}

/** Odd primes up to 167, and what the powers of 65537 leave when divided by each. */
const ROCA_RESIDUES = oddPrimesTo(167).map((prime) => {
  const residues = new Set<number>();
  for (let power = 1; !residues.has(power); power = (power * 65537) % prime) residues.add(power);
  return { prime: BigInt(prime), residues };
});

/** Primes from the flawed library are 65537^a mod a primorial, so the modulus is a power of 65537 modulo every small prime. */
function hasRocaFingerprint(modulus: bigint): boolean {
  return ROCA_RESIDUES.every(({ prime, residues }) => residues.has(Number(modulus % prime)));
}

function oddPrimesTo(last: number): number[] {
  const primes: number[] = [];
  for (let n = 3; n <= last; n += 2) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes;
}
