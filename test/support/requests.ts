/** Requests other than calls, by either protocol, to a server in this process. */
import type { AgentDoor } from '../../src/gate/call.js';
import { INITIALIZE, inProcess, modern, request, type Json } from './line-client.js';

export const ERAS = ['2025', '2026-07-28'] as const;
export type Era = (typeof ERAS)[number];

export interface Requests {
  /** The whole answer: `result` or `error`. */
  send(method: string, params?: object): Promise<Json>;
  /** Settles when the server has told of this. */
  told(method: string): Promise<void>;
  /** What the owner was told of faults. */
  readonly reports: readonly string[];
  end(): Promise<void>;
}

/** One connection, whose client has said who it is. */
export async function connected(door: AgentDoor, era: Era = '2025'): Promise<Requests> {
  const client = inProcess(door);
  let last = 0;
  const awaited = async (isIt: (line: Json) => boolean): Promise<Json> => {
    for (let count = 1; ; count += 1) {
      const found = (await client.lines(count)).find(isIt);
      if (found !== undefined) return found;
    }
  };
  const send = async (method: string, params: object = {}): Promise<Json> => {
    last += 1;
    const id = last;
    client.send(era === '2025' ? request(method, params, id) : modern(method, params, id));
    return awaited((line) => line.id === id);
  };
  if (era === '2025') await send('initialize', INITIALIZE);
  return {
    send,
    told: async (method) => {
      await awaited((line) => line.method === method);
    },
    reports: client.reports,
    end: async () => {
      client.end();
      await client.done;
    },
  };
}
