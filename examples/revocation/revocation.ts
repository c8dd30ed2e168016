/** The demonstration of a revocation, with its figures. Ends by itself, with 1 where a call was lost. */
import { demonstrate } from './demonstrate.ts';

const CALLS = 12_000;
const AT_ONCE = 16;

const figures = await demonstrate({ calls: CALLS, atOnce: AT_ONCE });
const failures = figures.calls - figures.succeeded;
console.log(`two clients, each with ${AT_ONCE} requests under way at once; \`stolen\` is revoked half way

stolen   ${figures.stolenBefore} calls begun before the revocation was answered
         revoked in ${figures.revokedInMs.toFixed(0)} ms
         begun after it: ${[...figures.stolenAfter].map(([outcome, count]) => `${count} × ${outcome}`).join(', ')}
         another token: ${figures.newToken ? 'yes' : 'no, 401'}
other    ${figures.calls} calls, ${figures.callsAfter} of them begun after the revocation
         ${figures.succeeded} × 200, ${failures} failures`);
if (failures > 0) process.exitCode = 1;
