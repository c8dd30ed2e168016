/** The part of ws that the tests use; the package brings no types of its own. */
declare module 'ws' {
  import type { EventEmitter } from 'node:events';
  import type { IncomingMessage } from 'node:http';
  import type { Socket } from 'node:net';

  export interface SocketOptions {
    readonly headers?: Readonly<Record<string, string>>;
    readonly perMessageDeflate?: boolean | object;
    readonly maxPayload?: number;
    readonly origin?: string;
    readonly rejectUnauthorized?: boolean;
  }

  export class WebSocket extends EventEmitter {
    constructor(url: string, protocols?: readonly string[], options?: SocketOptions);
    readonly protocol: string;
    readonly extensions: string;
    readonly readyState: number;
    send(data: string | Uint8Array, options?: { readonly binary?: boolean; readonly fin?: boolean }): void;
    ping(data?: string): void;
    close(code?: number, reason?: string): void;
    terminate(): void;
  }

  export class WebSocketServer extends EventEmitter {
    constructor(options: {
      readonly port: number;
      readonly host: string;
      readonly perMessageDeflate?: boolean | object;
      readonly maxPayload?: number;
      readonly handleProtocols?: (protocols: Set<string>, request: IncomingMessage) => string | false;
      readonly verifyClient?: (info: { readonly req: IncomingMessage }) => boolean;
    });
    readonly clients: Set<WebSocket & { readonly _socket: Socket }>;
    address(): { readonly port: number };
    close(done?: () => void): void;
  }
}
