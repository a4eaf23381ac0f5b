/** Where clients keep which servers they start. */
import { join } from 'node:path';
import { CLIENTS, foldersOf } from '../install/clients.js';

/** A file in which a client may name this server. */
export interface ClientFile {
  readonly client: string;
  readonly path: string;
  readonly form: 'json' | 'toml';
  /** The name of the object in it that has the servers by their names. */
  readonly key: string;
}

/** The files of the known clients, of the user and of the project in a folder, each once. None of them need exist. */
export function clientFiles(env: NodeJS.ProcessEnv, project: string): readonly ClientFile[] {
  return [...new Map(knownFiles(env, project).map((file) => [file.path, file])).values()];
}

function knownFiles(env: NodeJS.ProcessEnv, project: string): readonly ClientFile[] {
  const folders = foldersOf(env);
  return CLIENTS.flatMap(({ name, format, container, user, project: spot }) => {
    const paths = [user(folders).file, ...(spot === null ? [] : [join(project, spot.file)])];
    return paths.map((path) => ({ client: name, path, form: format, key: container }));
  });
}
