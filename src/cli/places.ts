/** Where things are, by the environment and the platform; and what of the environment is a secret. */
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { Places } from '../gate/door.js';
import { Refusal } from '../core/refusal.js';

/** Variables whose values are secrets: no process that this one starts inherits them. */
const SECRET_VARIABLES = ['VOUCHSAFE_PERSONAL_ACCESS_TOKEN', 'VOUCHSAFE_SESSION'];

/** The environment as it is, taken once; its secrets are then gone from `process.env`. */
export function takeEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of SECRET_VARIABLES) Reflect.deleteProperty(process.env, name);
  return env;
}

/** The folders of the safe, of host shares and anchors, and of sessions. None of them need exist. */
export function placesOf(env: NodeJS.ProcessEnv): Places {
  return {
    home: named(env, 'VOUCHSAFE_HOME') ?? dataFolder(env),
    state: named(env, 'VOUCHSAFE_STATE') ?? stateFolder(env),
    runtime: runtimeFolder(env),
  };
}

function named(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const path = env[name] ?? '';
  return path === '' ? undefined : resolve(path);
}

/** The XDG specification: a path in one of its variables that is not absolute is to be ignored. */
function xdg(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const path = env[name] ?? '';
  return isAbsolute(path) ? path : undefined;
}

function dataFolder(env: NodeJS.ProcessEnv): string {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'vouchsafe');
  return join(xdg(env, 'XDG_DATA_HOME') ?? join(homedir(), '.local', 'share'), 'vouchsafe');
}

/** Where this user's programs keep their configurations: `XDG_CONFIG_HOME`, else `~/.config`, on macOS too. */
export function configFolder(env: NodeJS.ProcessEnv): string {
  return xdg(env, 'XDG_CONFIG_HOME') ?? join(homedir(), '.config');
}

function stateFolder(env: NodeJS.ProcessEnv): string {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'vouchsafe-state');
  return join(xdg(env, 'XDG_STATE_HOME') ?? join(homedir(), '.local', 'state'), 'vouchsafe');
}

function runtimeFolder(env: NodeJS.ProcessEnv): string {
  const folder = xdg(env, 'XDG_RUNTIME_DIR');
  return folder === undefined ? join(tmpdir(), `vouchsafe-${String(userId())}`) : join(folder, 'vouchsafe');
}

function userId(): number {
  return process.getuid?.() ?? 0;
}

/**
 * Makes the runtime folder if it is missing, 0700. Throws `unavailable` if what is there is a symbolic link, belongs to
 * someone else, or can be entered by others: in a shared temporary folder anyone may have made it.
 */
export function prepareRuntime({ runtime }: Places): void {
  try {
    mkdirSync(runtime, { recursive: true, mode: 0o700 });
  } catch (cause) {
    refuse(runtime, 'cannot be made', cause);
  }
  const found = lstatSync(runtime);
  if (!found.isDirectory()) refuse(runtime, 'is not a folder, or a symbolic link');
  if (found.uid !== userId()) refuse(runtime, 'belongs to another user');
  if ((found.mode & 0o077) !== 0) chmodSync(runtime, 0o700);
}

function refuse(path: string, fault: string, cause?: unknown): never {
  throw new Refusal('unavailable', {
    message: `The folder for sessions, ${path}, ${fault}.`,
    next: 'Remove it, or set XDG_RUNTIME_DIR to a folder of yours.',
    cause,
  });
}
