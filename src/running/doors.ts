/** Where callers come in: the listener, and beside it the one that sends whoever still says `http://` to it. */
import type { Config } from '../config/config.ts';
import type { Link } from '../passage.ts';
import { listen, type ListenerOptions } from '../wire/listener.ts';
import type { Serve } from '../wire/serve.ts';
import { createRedirect } from './redirect.ts';

export type DoorParts = Omit<
  ListenerOptions,
  'host' | 'port' | 'settings' | 'tls' | 'http2' | 'maxConnections' | 'maxPerAddress'
> & {
  readonly dateLine: () => string;
};

export interface Doors {
  readonly port: number;
  /** `host:port`. */
  readonly address: string;
  readonly redirectPort: number | undefined;
  readonly certificates: Awaited<ReturnType<typeof listen>>['certificates'];
  /** For connections that come from now on. Throws where OpenSSL finds fault, and then nothing has changed. */
  use(config: Config): void;
  /** Goes on accepting and serving, and sends every caller elsewhere with its next answer. */
  drain(): void;
  /** Stops accepting, lets exchanges under way end, and cuts what is left after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Who is told to come again need not come in two ways. */
const NO_HTTP2 = { tls: false, cleartext: false, streams: 0 };

/** Rejects with the system's error when it cannot listen, and listens nowhere then. */
export async function openDoors(config: Config, parts: DoorParts, serve: Serve<Link>): Promise<Doors> {
  const { limits, tls, http2 } = config;
  const common = { ...parts, ...limits, settings: settingsOf(config) };
  const listener = await listen({ ...common, ...config.listen, tls, http2 }, serve);
  const again = createRedirect({ port: listener.port, dateLine: parts.dateLine });
  const redirect =
    config.redirect === undefined
      ? undefined
      : await listen({ ...common, ...config.redirect, tls: undefined, http2: NO_HTTP2 }, again).catch(async (error) => {
          await listener.close(0);
          throw error;
        });
  return {
    port: listener.port,
    address: listener.address,
    redirectPort: redirect?.port,
    certificates: listener.certificates,
    use(renewed) {
      const settings = settingsOf(renewed);
      listener.use({ settings, tls: renewed.tls });
      redirect?.use({ settings, tls: undefined });
    },
    drain() {
      listener.drain();
      redirect?.drain();
    },
    async close(graceMs) {
      await Promise.all([listener.close(graceMs), redirect?.close(graceMs)]);
    },
  };
}

function settingsOf({ limits, timeouts }: Config): Config['limits'] & Config['timeouts'] {
  return { ...limits, ...timeouts };
}
