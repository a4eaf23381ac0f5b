/** What the demo puts into its safe. Every secret is made up at run time. */
import type { FieldInput, NewItem } from '../../gate/door.js';

/** The vault that the agent gets, and the one that it does not get. */
export const WORK = 'Production';
export const HOME = 'Personal';

/** The item that the agent needs, and one that it must not get. */
export const NEEDED = 'Orders database';
export const PRIVATE = 'Online bank';

const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** So many characters of the alphabet, at random; the small bias of the remainder does not matter to a demo. */
export function madeUp(length: number, alphabet = LETTERS): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => alphabet[byte % alphabet.length]).join('');
}

const field = (name: string, value: string): FieldInput => ({ name, value });

function sshKey(): string {
  const body = Array.from({ length: 5 }, () => madeUp(70)).join('\n');
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

/** Seven items of the work vault. */
export function workItems(): readonly NewItem[] {
  return [
    {
      type: 'database',
      title: NEEDED,
      tags: ['orders', 'postgres'],
      fields: [
        field('host', 'db1.orders.internal'),
        field('port', '5432'),
        field('database', 'orders'),
        field('username', 'orders_migrate'),
        field('password', madeUp(24)),
      ],
    },
    {
      type: 'api-key',
      title: 'Payment provider',
      urls: ['https://dashboard.payments.example'],
      fields: [field('key', `pk_live_${madeUp(24)}`), field('secret', `sk_live_${madeUp(32)}`)],
    },
    {
      type: 'ssh-key',
      title: 'Deploy key',
      fields: [field('private_key', sshKey()), field('public_key', `ssh-ed25519 ${madeUp(68)} deploy@ci`)],
    },
    {
      type: 'login',
      title: 'Status page',
      urls: ['https://status.example.com/login'],
      fields: [field('username', 'ops@example.com'), field('password', madeUp(20)), field('totp', madeUp(32, BASE32))],
    },
    {
      type: 'wifi',
      title: 'Data centre maintenance network',
      fields: [field('ssid', 'dc-maintenance'), field('password', madeUp(16)), field('security', 'WPA3')],
    },
    {
      type: 'note',
      title: 'Runbook: fail over',
      fields: [field('text', `1. Stop writes.\n2. Pass phrase: ${madeUp(12)}`)],
    },
    {
      type: 'custom',
      title: 'Backup encryption',
      fields: [{ name: 'key', kind: 'secret', section: 'restic', value: madeUp(40) }],
    },
  ];
}

/** Five items of the private vault. */
export function homeItems(): readonly NewItem[] {
  return [
    {
      type: 'login',
      title: PRIVATE,
      urls: ['https://bank.example'],
      fields: [field('username', 'sam.doe'), field('password', madeUp(20))],
    },
    {
      type: 'card',
      title: 'Debit card',
      fields: [
        field('cardholder', 'SAM DOE'),
        field('number', `4000 00${madeUp(2, '0123456789')} ${madeUp(4, '0123456789')} ${madeUp(4, '0123456789')}`),
        field('expiry', '11/2029'),
        field('cvv', madeUp(3, '0123456789')),
      ],
    },
    {
      type: 'identity',
      title: 'Passport',
      fields: [
        field('full_name', 'Sam Doe'),
        field('email', 'sam@example.com'),
        field('birth_date', '1990-04-12'),
        field('passport', madeUp(9)),
      ],
    },
    { type: 'wifi', title: 'Home network', fields: [field('ssid', 'doe-home'), field('password', madeUp(18))] },
    { type: 'note', title: 'Letter box code', fields: [field('text', `The code is ${madeUp(4, '0123456789')}.`)] },
  ];
}
