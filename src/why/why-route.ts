/** `GET /why/ID` of the admin port: why that request was refused, or 404 where it is not among the latest. */
import { type ControlRoute, jsonReply, problemReply } from '../control.ts';
import type { Refusals } from './refusals.ts';

const PATH = '/why';
const UNKNOWN = problemReply(404, {
  title: 'No such refusal',
  detail: 'It was not refused, or before the latest that are kept; see the access log.',
});

export function whyRoute({ find }: Pick<Refusals, 'find'>): ControlRoute {
  return {
    path: PATH,
    async answer({ method, path }) {
      if (method !== 'GET') return problemReply(405, { title: 'Only GET' }, [['Allow', 'GET, HEAD']]);
      // Loaded when somebody asks: a gateway that nobody asks holds nothing of it.
      const { whyOf } = await import('./why.ts');
      const refused = find(path.slice(PATH.length + 1));
      return refused === undefined ? UNKNOWN : jsonReply(200, whyOf(refused));
    },
  };
}
