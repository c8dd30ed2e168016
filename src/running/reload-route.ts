/** `POST /reload` of the admin port: 200 with what changed, or 422 with every fault as it is printed. */
import { formatFault } from '../config/faults.ts';
import { type ControlRoute, jsonReply, problemReply } from '../control.ts';
import type { Reloader } from './reload.ts';

export function reloadRoute(reload: Reloader['reload']): ControlRoute {
  return {
    path: '/reload',
    async answer({ method, path }) {
      if (path !== '/reload') return problemReply(404, { title: 'No such page' });
      if (method !== 'POST') return problemReply(405, { title: 'Only POST' }, [['Allow', 'POST']]);
      const outcome = await reload();
      if (outcome.ok) return jsonReply(200, { ok: true, changed: outcome.changed });
      return jsonReply(422, { ok: false, faults: outcome.faults.map(formatFault) });
    },
  };
}
