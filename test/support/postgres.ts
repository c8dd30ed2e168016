/** A PostgreSQL of the test's own, in a folder and on a socket in it; nothing outlives the test. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { pathOf } from '../../scripts/parts.ts';
import { createFolder } from './folder.ts';

export interface Postgres {
  /** The URL of an empty schema. */
  emptyUrl(): Promise<string>;
  /** For statements that no store makes. */
  query(url: string, sql: string): Promise<void>;
  /** A transaction that did `sql` and does not end. */
  hold(url: string, sql: string): Promise<{ release(): Promise<void> }>;
  start(): Promise<void>;
  /** At once, as when the power goes. */
  stop(): Promise<void>;
}

/** It refuses to be run by root; this user owns nothing. */
const NOBODY = 65_534;

export async function startPostgres(): Promise<Postgres> {
  const folder = createFolder();
  const programs = dirname(realpathSync(pathOf('postgres')!));
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  if ('uid' in user) chownSync(folder, NOBODY, NOBODY);
  const data = join(folder, 'data');
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'gatehouse', '-A', 'trust', '-N', '-E', 'UTF8'], {
    ...user,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let server: ChildProcess | undefined;
  let schemas = 0;

  async function start(): Promise<void> {
    const args = ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-F'];
    const starting = spawn(join(programs, 'postgres'), args, {
      ...user,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    server = starting;
    await new Promise<void>((resolve, reject) => {
      let said = '';
      starting.stderr.on('data', (bytes) => {
        said += String(bytes);
        if (said.includes('ready to accept connections')) resolve();
      });
      starting.on('exit', () => reject(new Error(said)));
    });
  }

  async function query(url: string, sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(sql);
    await client.end();
  }

  async function hold(url: string, sql: string): Promise<{ release(): Promise<void> }> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('BEGIN');
    await client.query(sql);
    return { release: () => client.end() };
  }

  process.once('exit', () => server?.kill('SIGQUIT'));
  await start();
  const base = `postgres://gatehouse@localhost/postgres?host=${encodeURIComponent(folder)}`;
  return {
    query,
    hold,
    start,
    async emptyUrl() {
      const schema = `test${++schemas}`;
      await query(base, `CREATE SCHEMA ${schema}`);
      return `${base}&options=${encodeURIComponent(`-c search_path=${schema}`)}`;
    },
    async stop() {
      const ended = new Promise((resolve) => server!.once('exit', resolve));
      server!.kill('SIGQUIT');
      await ended;
    },
  };
}
