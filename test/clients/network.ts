/** Keeps what runs on this machine, and finds out what wanted to leave it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const LOOPBACK_ALONE = ['unshare', '--map-root-user', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];

/** Words before a command that give it a network with the loopback address alone; none where that can't be had. */
export function isolation(): readonly string[] {
  const [program = '', ...args] = LOOPBACK_ALONE;
  return spawnSync(program, [...args, 'true']).status === 0 ? LOOPBACK_ALONE : [];
}

/** How often something wanted to leave a network that leads nowhere, so far. */
export function triedToLeave(): number {
  const [names = [], values = []] = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Ip: '))
    .map((line) => line.split(' '));
  const v6 = /^Ip6OutNoRoutes\s+([0-9]+)$/m.exec(readFileSync('/proc/net/snmp6', 'utf8'))?.[1];
  return Number(values[names.indexOf('OutNoRoutes')]) + Number(v6 ?? 0);
}
