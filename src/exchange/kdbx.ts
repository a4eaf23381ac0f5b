/** Databases of KeePass 2, KeePassXC and their kin: KDBX 3.1 and 4. */
import { Refusal } from '../core/refusal.js';
import { grouped } from './amount.js';
import { refuseFile } from './fault.js';
import {
  looksLikeKeePass,
  openEnvelope,
  readEnvelope,
  refuseDamaged,
  type KdbxEnvelope,
  type KdbxPayload,
} from './kdbx-container.js';
import { readDocument, type KdbxDocument } from './kdbx-document.js';
import { readEntry, tagsOf, type KdbxItem, type KdbxPlace } from './kdbx-entry.js';
import { keyOfFile } from './kdbx-key-file.js';
import type { ParsedFile, ParsedLoss, Reader, Unlocking } from './parsed.js';
import { childOf, childText, childrenOf, XmlFault, type XmlElement } from './xml.js';

/**
 * Groups become folders, without the root; what lies in the recycle bin is trashed. Attachments, icons, colours and what
 * is said of groups alone are named as lost.
 */
export const keepassKdbx: Reader = {
  format: 'keepass-kdbx',
  name: 'KeePass KDBX',
  fits: looksLikeKeePass,
  read: async (bytes, unlocking) => {
    try {
      const payload = await unlock(readEnvelope(bytes), unlocking);
      return readDatabase(await readDocument(payload));
    } catch (error) {
      if (error instanceof Refusal) throw error;
      if (error instanceof XmlFault) refuseFile(`is a KeePass database that can’t be read: ${error.message}`);
      return refuseDamaged();
    }
  },
};

/** A database with a key file may have no password, or an empty one, which are not the same. */
async function unlock(envelope: KdbxEnvelope, unlocking: Unlocking): Promise<KdbxPayload> {
  const fileKey = unlocking.keyFile && (await keyOfFile(unlocking.keyFile));
  const password = await unlocking.password('Password of the KeePass database:');
  if (password !== '' || fileKey === undefined) return openEnvelope(envelope, { password, fileKey });
  try {
    return await openEnvelope(envelope, { password: undefined, fileKey });
  } catch {
    return openEnvelope(envelope, { password, fileKey });
  }
}

interface GroupVisit extends KdbxPlace {
  readonly group: XmlElement;
}

function readDatabase(document: KdbxDocument): ParsedFile {
  const meta = childOf(document.root, 'Meta');
  const root = childOf(childOf(document.root, 'Root'), 'Group');
  if (document.root.name !== 'KeePassFile' || root === undefined) return refuseDamaged();
  const bin = childText(meta, 'RecycleBinEnabled').toLowerCase() === 'false' ? '' : childText(meta, 'RecycleBinUUID');
  const found: KdbxItem[] = [];
  const lost: ParsedLoss[] = [...databaseLosses(meta)];
  const waiting: GroupVisit[] = [{ group: root, folder: [], tags: inheritTags([], root), isTrashed: false, place: '' }];
  for (let visit = waiting.pop(); visit !== undefined; visit = waiting.pop()) {
    const { group, ...place } = visit;
    found.push(...entriesOf(document, group, place));
    lost.push(...groupLosses(visit));
    waiting.push(
      ...childrenOf(group, 'Group')
        .map((child) => visitOf(child, visit, bin))
        .reverse(),
    );
  }
  lost.push(...found.flatMap((entry) => entry.lost), ...looksOf(found));
  return { format: 'keepass-kdbx', items: found.map(({ item }) => item), skipped: [], lost };
}

/** No group has more; and what all entries inherit must stay small. */
const MOST_TAGS = 50;

function visitOf(group: XmlElement, parent: GroupVisit, bin: string): GroupVisit {
  const isBin = bin !== '' && childText(group, 'UUID') === bin;
  const folder = isBin ? parent.folder : [...parent.folder, childText(group, 'Name')];
  return {
    group,
    folder,
    tags: inheritTags(parent.tags, group),
    isTrashed: isBin || parent.isTrashed,
    place: isBin ? 'recycle bin' : folder.join('/'),
  };
}

function inheritTags(tags: readonly string[], group: XmlElement): readonly string[] {
  const all = [...tags, ...tagsOf(group)];
  if (all.length > MOST_TAGS) refuseFile(`has a group with more than ${MOST_TAGS} tags`);
  return all;
}

function entriesOf(document: KdbxDocument, group: XmlElement, place: KdbxPlace): readonly KdbxItem[] {
  const before = place.place === '' ? '' : `${place.place}, `;
  return childrenOf(group, 'Entry').map((entry, index) =>
    readEntry(document, entry, { ...place, place: `${before}entry ${index + 1}` }),
  );
}

/** What is said of the database itself and has no place. */
function databaseLosses(meta: XmlElement | undefined): readonly ParsedLoss[] {
  const icons = childrenOf(childOf(meta, 'CustomIcons'), 'Icon').length;
  const whats = [
    ...(childText(meta, 'DatabaseDescription') === '' ? [] : ['the description of the database']),
    ...(hasCustomData(meta) ? ['custom data of the database'] : []),
    ...(icons === 0 ? [] : [countOf(icons, 'a picture for icons', 'pictures for icons')]),
  ];
  return whats.map((what) => ({ place: 'database', what }));
}

/** What plug-ins keep; settings of KeePassXC itself say nothing elsewhere. */
function hasCustomData(element: XmlElement | undefined): boolean {
  const items = childrenOf(childOf(element, 'CustomData'), 'Item');
  return items.some((item) => !/^(?:_|KPXC_|FDO_)/.test(childText(item, 'Key')));
}

function groupLosses({ group, place, isTrashed }: GroupVisit): readonly ParsedLoss[] {
  const isEmpty =
    place !== '' && !isTrashed && childOf(group, 'Entry') === undefined && childOf(group, 'Group') === undefined;
  const whats = [
    ...(isEmpty ? ['a group without entries'] : []),
    ...(childText(group, 'Notes') === '' ? [] : ['the notes of a group']),
    ...(childText(group, 'DefaultAutoTypeSequence') === '' ? [] : ['the auto-type sequence of a group']),
    ...(hasCustomData(group) ? ['custom data of a group'] : []),
  ];
  return whats.map((what) => ({ place: place === '' ? 'root group' : place, what }));
}

/** How entries look, counted in one line each, since it is nothing that anyone would look for here. */
function looksOf(found: readonly KdbxItem[]): readonly ParsedLoss[] {
  const icons = found.filter(({ hasIcon }) => hasIcon).length;
  const colours = found.filter(({ hasColour }) => hasColour).length;
  const whats = [
    ...(icons === 0 ? [] : [countOf(icons, 'the icon of an entry', 'icons of entries')]),
    ...(colours === 0 ? [] : [countOf(colours, 'the colours of an entry', 'colours of entries')]),
  ];
  return whats.map((what) => ({ place: 'database', what }));
}

function countOf(count: number, one: string, many: string): string {
  return count === 1 ? one : `${grouped(count)} ${many}`;
}
