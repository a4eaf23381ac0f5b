/** A browser for the bench: it opens the console's link, unlocks, and asks for pages. */
import { Agent, request } from 'node:http';

export interface Answered {
  readonly status: number;
  readonly text: string;
  /** Until its last byte was there. */
  readonly ms: number;
}

export class ConsoleVisitor {
  readonly #origin: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #cookies = new Map<string, string>();

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** Opens the link and unlocks. */
  async enter(link: string, password: string): Promise<void> {
    await this.#ask('POST', new URL(link).pathname);
    const { text } = await this.get('/unlock');
    const csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
    const { status } = await this.#ask('POST', '/unlock', new URLSearchParams({ csrf, password }).toString());
    if (status !== 303) throw new Error(`the console of the bench did not unlock: ${String(status)}`);
  }

  get(path: string): Promise<Answered> {
    return this.#ask('GET', path);
  }

  leave(): void {
    this.#agent.destroy();
  }

  #ask(method: string, path: string, body = ''): Promise<Answered> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const type = body === '' ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    const headers = { cookie, 'content-length': String(body.length), ...type };
    const startedAt = performance.now();
    return new Promise((resolve, reject) => {
      const asked = request(`${this.#origin}${path}`, { method, headers, agent: this.#agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const ms = performance.now() - startedAt;
          for (const line of response.headers['set-cookie'] ?? []) this.#keep(line);
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8'), ms });
        });
      });
      asked.on('error', reject);
      asked.end(body);
    });
  }

  #keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    this.#cookies.set(name, value);
  }
}
