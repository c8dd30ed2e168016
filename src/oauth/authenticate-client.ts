/**
 * Which client is asking (RFC 6749 §2.3, RFC 7523 §2.2): by exactly one of
 * `client_secret_basic`, `client_secret_post` and `private_key_jwt`. Unknown
 * client, wrong secret and disabled client get the same answer after the same
 * work. A wrong secret costs one SHA-256.
 */
import { fieldsOf, type Request } from '../request.ts';
import { ASSERTION_TYPE, type CheckAssertion, subjectOf } from './assertion.ts';
import { type Client, hasSecret } from './clients.ts';
import { type Form, formDecode } from './form.ts';
import { failed, OAuthError } from './reply.ts';
import { isMistyped } from './secret.ts';

export const AUTHENTICATION_METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];

/** How a client says who it is. */
type Proof = { readonly id: string; readonly secret: string } | { readonly id: string; readonly assertion: string };

/** `id`: who it claimed to be, for counting and for the trail; not to be trusted. */
export interface AuthenticationFault {
  readonly id: string;
  readonly error: OAuthError;
}

export interface AuthenticationParts {
  readonly find: (id: string) => Client | undefined;
  readonly checkAssertion: CheckAssertion;
}

const BASIC = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i;

export async function authenticateClient(
  { request, form, now }: { readonly request: Request; readonly form: Form; readonly now: number },
  { find, checkAssertion }: AuthenticationParts,
): Promise<Client | AuthenticationFault> {
  const proof = proofOf(request, form);
  if (proof instanceof OAuthError) return { id: form.get('client_id') ?? '', error: proof };
  const client = find(proof.id);
  const error =
    'secret' in proof
      ? checkSecret(client, proof.secret, now)
      : await checkAssertion(client, { id: proof.id, assertion: proof.assertion, now });
  if (error !== undefined) return { id: proof.id, error };
  if (client!.active) return client!;
  return { id: proof.id, error: failed('the client is disabled or revoked') };
}

function checkSecret(client: Client | undefined, secret: string, now: number): OAuthError | undefined {
  const fits = hasSecret(client, secret, now);
  const mistyped = isMistyped(secret);
  if (fits) return undefined;
  if (mistyped) return failed('the secret is cut off or mistyped');
  return failed(client === undefined ? 'no such client' : 'wrong secret');
}

function proofOf(request: Request, form: Form): Proof | OAuthError {
  const fields = fieldsOf(request, 'authorization');
  const ways = fields.length + Number(form.has('client_secret')) + Number(form.has('client_assertion'));
  if (ways > 1) return new OAuthError('invalid_request', 'Authenticate the client in one way only.');
  const named = form.get('client_id');
  if (fields.length === 1) {
    const basic = readBasic(fields[0]!);
    if (basic === undefined) return failed('malformed Authorization field');
    return named === undefined || named === basic.id ? basic : anotherId();
  }
  const secret = form.get('client_secret');
  if (secret !== undefined) return named === undefined ? failed('no client_id') : { id: named, secret };
  const assertion = form.get('client_assertion');
  if (assertion === undefined) return failed('no client authentication');
  if (form.get('client_assertion_type') !== ASSERTION_TYPE) return failed('unknown client_assertion_type');
  const id = subjectOf(assertion);
  if (id === undefined) return failed('malformed assertion');
  return named === undefined || named === id ? { id, assertion } : anotherId();
}

function anotherId(): OAuthError {
  return new OAuthError('invalid_request', 'The client_id is not that of the client authentication.');
}

/** Id and secret are form-urlencoded before they are joined (RFC 6749 §2.3.1). */
function readBasic(field: string): { readonly id: string; readonly secret: string } | undefined {
  const coded = BASIC.exec(field)?.[1];
  if (coded === undefined) return undefined;
  const text = Buffer.from(coded, 'base64').toString('utf8');
  const at = text.indexOf(':');
  if (at < 1) return undefined;
  const [id, secret] = [formDecode(text.slice(0, at)), formDecode(text.slice(at + 1))];
  return id === undefined || id === '' || secret === undefined || secret === '' ? undefined : { id, secret };
}
