// Zip files that are the same byte for byte, whenever and wherever they are made of the same files.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';

const UNIX = 3;
/** The earliest that the format can say, in the local time that it is kept in. */
const EPOCH = new Date(1980, 0, 1);

/** Files below a folder by their path in it, with `/`, in the order of their bytes. Links are not followed. */
export function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
}

/** The bytes of a zip file with all that is in a folder; of modes it keeps whether a file can be run. */
export function zipFolder(folder) {
  const entries = filesIn(folder).map((path) => {
    const file = join(folder, path);
    const mode = (statSync(file).mode & 0o100) === 0 ? 0o100644 : 0o100755;
    // attrs is a signed number to the library, and the mode stands in its upper half.
    return [path, [readFileSync(file), { os: UNIX, attrs: (mode << 16) >>> 0, mtime: EPOCH }]];
  });
  return zipSync(Object.fromEntries(entries), { level: 6 });
}
