/**
 * Addresses as they are written: where to listen, whom to trust, where a service
 * is. Each function gives a value or, as a string, what would be right instead.
 */
import type { ListenAddress, TargetConfig } from './config.ts';

/** `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`; the schema has looked at the form. */
export function readListen(text: string): ListenAddress | string {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon);
  const port = Number(text.slice(colon + 1));
  if (port > 65_535) return 'write a port from 0 to 65535';
  if (host.startsWith('[')) {
    return ipv6Groups(host.slice(1, -1)) === undefined
      ? 'write an IPv6 address as in `[::1]:8080`'
      : { host: host.slice(1, -1), port };
  }
  if (/^[\d.]+$/.test(host) && ipv4Number(host) === undefined) return 'write an IPv4 address as in `127.0.0.1:8080`';
  return { host, port };
}

export function isLoopback(host: string): boolean {
  return (
    /^127\.\d+\.\d+\.\d+$/.test(host) ||
    host === '::1' ||
    host === '[::1]' ||
    host === 'localhost' ||
    host.endsWith('.localhost')
  );
}

/** An address or block, as a block: `10.0.0.0/8`, `::1/128`. */
export function readBlock(text: string): { readonly block: string } | string {
  const [address = '', length] = text.split('/');
  const four = ipv4Number(address);
  const bits = four === undefined ? ipv6Bits(address) : four.toString(2).padStart(32, '0');
  if (bits === undefined) return 'write an IPv4 or IPv6 address, or a block as in `10.0.0.0/8`';
  const prefix = length === undefined ? bits.length : Number(length);
  if (prefix > bits.length) return `write a prefix from 0 to ${bits.length}`;
  // `10.1.2.3/8` may mean one address or sixteen million: whose word is believed must not be a guess.
  if (bits.slice(prefix).includes('1'))
    return `write \`${address}\` alone, or the block without host bits: \`${blockOf(bits, prefix)}\``;
  return { block: `${address}/${prefix}` };
}

function blockOf(bits: string, prefix: number): string {
  const network = bits.slice(0, prefix).padEnd(bits.length, '0');
  const chunks = (size: number) =>
    Array.from({ length: bits.length / size }, (_, at) =>
      Number.parseInt(network.slice(at * size, (at + 1) * size), 2),
    );
  if (bits.length === 32) return `${chunks(8).join('.')}/${prefix}`;
  const written = chunks(16)
    .map((group) => group.toString(16))
    .join(':');
  return `${new URL(`http://[${written}]`).hostname.slice(1, -1)}/${prefix}`;
}

function ipv4Number(text: string): number | undefined {
  if (!/^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.|$)){4}$/.test(text) || text.endsWith('.') || /(?:^|\.)0\d/.test(text))
    return undefined;
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function ipv6Groups(text: string): readonly string[] | undefined {
  if (!text.includes(':')) return undefined;
  const normal = URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1);
  if (normal === undefined) return undefined;
  const [left = '', right] = normal.split('::');
  const before = left === '' ? [] : left.split(':');
  const after = right === undefined || right === '' ? [] : right.split(':');
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after];
}

function ipv6Bits(text: string): string | undefined {
  return ipv6Groups(text)
    ?.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('');
}

const TARGET = /^https?:\/\/(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?(\/.*)?$/i;
const BASE_PATH = /^(?:\/[A-Za-z0-9._~!$&'()+,=@-]+)*$/;

/** `http://127.0.0.1:7001`, `https://orders.internal/base`. */
export function readTarget(text: string): Omit<TargetConfig, 'weight'> | string {
  const url = URL.parse(text);
  if (url !== null && (url.username !== '' || url.password !== '')) return 'leave the user and password out of the URL';
  if (text.includes('?') || text.includes('#'))
    return 'leave `?` and `#` out of the URL: the query comes from the request';
  const written = TARGET.exec(text);
  if (url === null || written === null) return 'write a URL as in `http://127.0.0.1:7001`';
  if (url.port === '0') return 'write a port from 1 to 65535';
  const tls = url.protocol === 'https:';
  const basePath = (written[1] ?? '').replace(/\/$/, '');
  if (!BASE_PATH.test(basePath) || url.pathname.replace(/\/$/, '') !== basePath) {
    return 'write the base path plainly, as in `/base`: no escapes, no dot segments, no `//`';
  }
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  return { tls, host, port: url.port === '' ? (tls ? 443 : 80) : Number(url.port), basePath };
}

/** A key set's URL: what it says is believed, so nobody on the way may change it. */
export function readKeySetUrl(text: string): { readonly url: string } | string {
  return readServerUrl(text, {
    example: 'https://auth.example.com/.well-known/jwks.json',
    danger: 'put in keys of their own',
  });
}

/** Where a secret is shown to have a token or to ask about one, and what comes back is believed. */
export function readEndpoint(text: string, example: string): { readonly url: string } | string {
  return readServerUrl(text, { example, danger: 'read the secret' });
}

/** `danger`: what anybody on the way could do over plain http. */
function readServerUrl(
  text: string,
  { example, danger }: { readonly example: string; readonly danger: string },
): { readonly url: string } | string {
  const url = URL.parse(text);
  if (url === null || !/^https?:\/\//i.test(text)) return `write a URL as in \`${example}\``;
  if (url.username !== '' || url.password !== '') return 'leave the user and password out of the URL';
  if (text.includes('#')) return 'leave `#` and what follows out of the URL';
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return `write \`https://\`: over plain http anybody on the way can ${danger}`;
  }
  return { url: url.href };
}

/** An issuer of our own (RFC 8414 §2): https, or http on this machine, and nothing behind the path. What is wrong, if it is not one. */
export function readIssuerUrl(text: string): undefined | string {
  const url = URL.parse(text);
  if (url === null || !/^https?:\/\//i.test(text)) return 'write a URL as in `https://gateway.internal`';
  if (url.username !== '' || url.password !== '') return 'leave the user and password out of the URL';
  if (/[?#]/.test(text)) return 'leave the query and `#` out of the URL';
  if (text.endsWith('/')) return 'leave the slash at its end out: tokens are compared to the letter';
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) return 'write `https://`';
  return undefined;
}

/** Whether a host is an address, or this machine: what is never looked up. */
export function isLiteral(host: string): boolean {
  return ipv4Number(host) !== undefined || host.includes(':') || host === 'localhost' || host.endsWith('.localhost');
}
