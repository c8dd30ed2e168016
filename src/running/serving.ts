/**
 * One plan at work. Counts the exchanges it serves, because a plan that another
 * has taken the place of goes on until its last exchange, WebSocket or stream has
 * ended, and only then lets go of what it alone uses. A request costs one
 * addition and one subtraction for it.
 */
import { createGateway, type Record } from '../gateway.ts';
import type { Link } from '../passage.ts';
import type { Plan } from '../plan.ts';
import type { Serve } from '../wire/serve.ts';

export interface Serving extends Serve<Link> {
  readonly plan: Plan;
  /** Nothing more comes: lets go when what is under way has ended. */
  retire(): void;
}

/** `letGo` is called once, when the plan is retired and its last exchange has ended. */
export function createServing(plan: Plan, record: Record, letGo: () => void): Serving {
  let underWay = 0;
  let retired = false;

  const gateway = createGateway(plan, (exchange, passage, ending) => {
    try {
      record(exchange, passage, ending);
    } finally {
      underWay--;
      if (retired && underWay === 0) letGo();
    }
  });

  return {
    plan,
    opened: gateway.opened,
    serve(exchange) {
      underWay++;
      gateway.serve(exchange);
    },
    refuseHead(exchange, refusal) {
      underWay++;
      gateway.refuseHead(exchange, refusal);
    },
    retire() {
      retired = true;
      if (underWay === 0) letGo();
    },
  };
}
