/**
 * The CSV of Proton Pass (github.com/ProtonMail/WebClients, packages/pass/lib/export/csv.ts):
 * `type,name,url,email,username,password,note,totp,createTime,modifyTime,vault`; older ones have no `email` or `vault`,
 * newer ones have `autofillUrls`. The note of a card or an identity is the JSON of its content.
 */
import { csvReader } from './csv-reader.js';
import { splitUrls, type ItemDraft } from './item-draft.js';
import { asObject, asText, parseJson, type JsonObject } from './json.js';
import { addAccount, addProtonContent, addProtonUrls, protonType, secondsOf } from './proton-item.js';

/** The reader of Proton Pass's CSV. */
export const protonCsv = csvReader({
  format: 'proton-csv',
  name: 'Proton Pass CSV',
  needs: ['type', 'name', 'url', 'username', 'password', 'note', 'totp', 'createtime', 'modifytime'],
  fill: (row, draft) => {
    const type = row.take('type').trim();
    const vault = row.take('vault');
    draft.type = protonType(type);
    draft.title = row.take('name');
    draft.folder = vault.trim() === '' ? [] : [vault];
    draft.createdAt = secondsOf(row.take('createtime'));
    draft.updatedAt = secondsOf(row.take('modifytime'));
    const [username, email] = [row.take('username'), row.take('email')];
    if (type === 'alias') draft.add('email', 'email', email);
    else addAccount(draft, username, email);
    draft.add('secret', 'password', row.take('password'));
    draft.add('totp', 'totp', row.take('totp'));
    addProtonUrls(draft, splitUrls(row.take('url')), tryParse(row.take('autofillurls')));
    addNote(draft, type, row.take('note'));
    return undefined;
  },
});

function addNote(draft: ItemDraft, type: string, note: string): void {
  const content = type === 'creditCard' || type === 'identity' ? asObject(tryParse(note)) : undefined;
  if (content === undefined) {
    draft.addNote(note);
    return;
  }
  const { note: text, ...others }: JsonObject = content;
  addProtonContent(draft, type, others);
  draft.addNote(asText(text));
}

/** What is no JSON is a note as it stands. */
function tryParse(text: string): unknown {
  try {
    return text === '' ? undefined : parseJson(text);
  } catch {
    return undefined;
  }
}
