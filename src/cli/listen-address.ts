/** Addresses to listen at, as they are typed. */
import { Refusal } from '../core/refusal.js';

/** An address and a port; `localhost` is 127.0.0.1. Throws `invalid_request`, naming the option and an example for it. */
export function readListen(option: string, text: string, example: string): { host: string; port: number } {
  const [, v6, name, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):([0-9]{1,5})$/.exec(text.trim()) ?? [];
  const host = v6 ?? name;
  if (host === undefined || host === '' || Number(port) > 65_535)
    throw new Refusal('invalid_request', {
      message: `${option} takes an address and a port.`,
      next: `For example ${option} 127.0.0.1:${example} or ${option} [::1]:${example}`,
    });
  return { host: host === 'localhost' ? '127.0.0.1' : host, port: Number(port) };
}
