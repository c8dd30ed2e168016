/**
 * What a plugin may do to an admitted request before it is forwarded. No stage
 * can be skipped from here, because all of them are over. A route without hooks
 * has no function to call.
 */
import type { LocalReply } from '../local.ts';
import type { Passage } from '../passage.ts';
import type { Refusal } from '../refusal.ts';

/** What a plugin is shown of the request. */
export type PluginRequest = Pick<Passage, 'address'>;

/** Returns what is answered instead of asking the service; `undefined`: nothing. */
export type OnRequest = (request: PluginRequest) => Refusal | LocalReply | undefined;

export interface PluginHooks {
  /** As the configuration names it. */
  readonly name: string;
  readonly onRequest: OnRequest;
}

export interface RoutePlugins {
  readonly names: readonly string[];
  /** Absent where no plugin has anything to do. */
  readonly onRequest: OnRequest | undefined;
}

/** All of a route as one, in their order: the first that answers is the last that is asked. */
export function composePlugins(plugins: readonly PluginHooks[]): RoutePlugins {
  const names = plugins.map(({ name }) => name);
  if (plugins.length === 0) return { names, onRequest: undefined };
  return {
    names,
    onRequest(request) {
      for (const plugin of plugins) {
        const instead = callHook(plugin, request);
        if (instead !== undefined) return instead;
      }
      return undefined;
    },
  };
}

/** Whoever reads the log must not have to guess whose bug it was. */
function callHook({ name, onRequest }: PluginHooks, request: PluginRequest): ReturnType<OnRequest> {
  try {
    return onRequest(request);
  } catch (error) {
    const what = error instanceof Error ? error.stack : String(error);
    throw new Error(`the plugin ${name} failed: ${what}`, { cause: error });
  }
}
