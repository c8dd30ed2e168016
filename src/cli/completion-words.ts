/** What may follow each command. A test holds it to the commands and options that there are. */
export type Completions = ReadonlyMap<string, readonly string[]>;

const STORE = '--config --json';
const ASK = '--curl --header --address --claims --token --at --state --client-certificate';

const WORDS: Readonly<Record<string, string>> = {
  run: '--watch',
  init: '--openapi --service --issuer --audience --quota --login --force',
  check: '--json --sarif --strict',
  schema: '',
  explain: `${ASK} --jwks --json`,
  test: '--tests --json',
  why: '--log --admin --token --json',
  replay: '--log --callers --target --top --json',
  diff: '--json --allow-weaker',
  clients: `create list show rotate disable enable revoke delete --scope --default-scope --audience --ttl --jwks --overlap --reason ${STORE}`,
  keys: `list rotate --at-once ${STORE}`,
  revoke: `--client --token --subject --issued-before --issuer --reason --dry-run ${STORE}`,
  revocations: STORE,
  audit: `refusals graph scopes verify --client --route --kind --refusal --refused --since --until --limit --follow --format --unused ${STORE}`,
  completion: 'bash zsh fish',
};

export const COMPLETIONS: Completions = new Map(
  Object.entries(WORDS).map(([name, words]) => [name, words.split(' ').filter((word) => word !== '')]),
);
