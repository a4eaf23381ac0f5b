/** A console on a real safe, asked over HTTP as a browser asks: with cookies, and the token of its forms. */
import { request, type IncomingHttpHeaders } from 'node:http';
import { clientSetups, exportFormats, instructions } from '../../src/cli/console-ports.js';
import { AREAS } from '../../src/console/app.js';
import type { Area } from '../../src/console/area.js';
import { startConsole, type RunningConsole } from '../../src/console/console.js';
import { PASSWORD, type TestSafe } from '../support/safe.js';

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One request, as it stands. */
export function ask(
  origin: string,
  path: string,
  { method = 'GET', headers = {}, body }: Asking = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request(`${origin}${path}`, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

export type Fields = Readonly<Record<string, string | readonly string[]>>;

function encode(fields: Fields): string {
  const pairs = Object.entries(fields).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((one): [string, string] => [name, one]),
  );
  return new URLSearchParams(pairs).toString();
}

/** What a browser keeps, and how it asks. */
export class Visitor {
  readonly origin: string;
  readonly cookies = new Map<string, string>();

  constructor(origin: string) {
    this.origin = origin;
  }

  async ask(path: string, asking: Asking = {}): Promise<Answered> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(cookie === '' ? {} : { cookie }), ...asking.headers };
    const answered = await ask(this.origin, path, { ...asking, headers });
    for (const line of answered.headers['set-cookie'] ?? []) this.#keep(line);
    return answered;
  }

  #keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (value === '') this.cookies.delete(name);
    else this.cookies.set(name, value);
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
    return this.ask(path, { headers });
  }

  /** Sends a form; without a `csrf` of its own it has the right one. */
  async post(path: string, fields: Fields = {}, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
    const csrf = 'csrf' in fields ? {} : { csrf: await this.csrf() };
    const body = encode({ ...csrf, ...fields });
    const type = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) };
    return this.ask(path, { method: 'POST', headers: { ...type, ...headers }, body });
  }

  /** The token that stands in the forms of this browser's pages. */
  async csrf(): Promise<string> {
    const page = await this.get('/unlock');
    const { text } = page.status === 303 ? await this.get('/') : page;
    return /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
  }

  async unlock(password = PASSWORD): Promise<Answered> {
    return this.post('/unlock', { password });
  }
}

export interface TestConsole {
  readonly running: RunningConsole;
  readonly origin: string;
  /** A visitor that opened the link. */
  visit(): Promise<Visitor>;
  end(): Promise<void>;
}

export interface ConsoleHow {
  /** In place of all of them. */
  readonly areas?: readonly Area[];
  readonly idleMs?: number;
}

/** A console on a safe under test, at a port that is free; `visit` opens its newest link. */
export async function consoleOn(safe: TestSafe, { areas = AREAS, idleMs }: ConsoleHow = {}): Promise<TestConsole> {
  const ports = { instructions, setups: (agent: string) => clientSetups({}, agent), exportFormats };
  const setting = { places: safe.places, ports, options: safe.options, ...(idleMs === undefined ? {} : { idleMs }) };
  const running = await startConsole(setting, { host: '127.0.0.1', port: 0 }, areas);
  return {
    running,
    origin: running.origin,
    visit: async () => {
      const visitor = new Visitor(running.origin);
      await visitor.ask(new URL(running.newLink()).pathname, { method: 'POST' });
      return visitor;
    },
    end: () => running.close(),
  };
}

/** A visitor who has unlocked a console. */
export async function unlockedOn(console: TestConsole): Promise<Visitor> {
  const visitor = await console.visit();
  await visitor.unlock();
  return visitor;
}
