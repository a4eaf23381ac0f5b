/** The words of the console and what they mean, for the page that explains them and the links that lead to it. */

interface Word {
  readonly word: string;
  readonly meaning: string;
}

/** The anchor of each word on the page. */
export type WordId = keyof typeof ENTRIES;

const ENTRIES = {
  safe: { word: 'safe', meaning: 'The one encrypted file that everything is in. The master password opens it.' },
  owner: {
    word: 'owner',
    meaning: 'You: whoever has the master password. Only the owner makes tokens, grants access and reads the log.',
  },
  vault: { word: 'vault', meaning: 'A named collection of items, such as all that one project needs.' },
  item: {
    word: 'item',
    meaning:
      'One credential: a login, an API key, a card, an SSH key, a note and so on. It has fields, and some of them are secret.',
  },
  token: {
    word: 'token',
    meaning:
      'What a program or an agent holds in place of the master password. It opens only what was granted to it, until it ends. Its text is shown once, when it is made.',
  },
  agent: {
    word: 'agent',
    meaning:
      'A token for an AI agent: it must give a reason for everything that it does, and there are instructions for it.',
  },
  grant: {
    word: 'grant',
    meaning:
      'What a token may reach: one vault or one item, with a role, until an end, within limits. Ending it works at once.',
  },
  role: {
    word: 'role',
    meaning:
      'How much a grant allows. A viewer lists and reads; an editor also creates, changes, trashes, restores and moves; a manager also renames the vault and deletes for good.',
  },
  limit: {
    word: 'limit',
    meaning:
      'What narrows a grant further: so many uses, so many calls within a time, certain hours, certain fields, no secret shown, or only with your approval.',
  },
  purpose: {
    word: 'purpose',
    meaning: 'What a grant is for, in your words. The agent is shown it, and so are you beside each entry.',
  },
  reason: {
    word: 'reason',
    meaning:
      'What an agent says it needs this one access for: a line of up to 300 characters. It is the agent’s claim; nobody can check that it is true.',
  },
  entry: {
    word: 'entry',
    meaning:
      'One line of the log: who asked for what, when, why, and how it ended. Refused attempts are entries too, and none can be changed unnoticed.',
  },
  refusal: { word: 'refusal', meaning: 'An access that was not given. The agent is told why, and what to do next.' },
  signal: {
    word: 'signal',
    meaning:
      'A mark on an entry that is out of the ordinary, such as a burst of calls or an hour in which the token never worked. It blocks nothing.',
  },
  receipt: {
    word: 'receipt',
    meaning:
      'The number and the hash of an entry, which every answer carries. Whoever kept one can show that the entry was there.',
  },
  checkpoint: {
    word: 'checkpoint',
    meaning:
      'Your signature over the log as far as it goes. Each unlock makes one. What was signed cannot be rewritten, not even with a token.',
  },
  anchor: {
    word: 'anchor',
    meaning:
      'The newest checkpoint, kept outside of the safe’s folder. A log that is shorter than its anchor was put back to an older one.',
  },
  request: {
    word: 'request',
    meaning:
      'What an agent asks you for: access that it lacks, or one use that needs your word. It waits in the inbox, until it ends.',
  },
  approval: {
    word: 'approval',
    meaning: 'Your yes to one use, word for word as it was asked for: once and for ten minutes, unless you say more.',
  },
  freeze: {
    word: 'freeze',
    meaning:
      'To stop a token for now. It is answered as one that was ended, until you let it work again; its grants stay.',
  },
  lockdown: {
    word: 'lockdown',
    meaning: 'Every token is frozen at once, on servers that run too. Nothing is deleted, and you can lift it.',
  },
  compromised: {
    word: 'compromised',
    meaning:
      'A token in the wrong hands: it is frozen, and you get a list of what it was given, to change it where it is used.',
  },
  decoy: {
    word: 'decoy',
    meaning:
      'A believable item that is false, and that nobody has any business with. Whoever touches it is marked, and can be frozen.',
  },
  recipe: {
    word: 'recipe',
    meaning:
      'A command or a request that you set up, which an agent can run without seeing the secret in it. What it prints is masked.',
  },
  policy: {
    word: 'policy of an item',
    meaning:
      'Rules that you lay on one item, whoever asks: that each use needs your word, and to which hosts a request may carry it.',
  },
  renew: {
    word: 'renew',
    meaning: 'To put a new token in the place of one that ends. Its grants stay, and the old text stops working.',
  },
  session: {
    word: 'session',
    meaning: 'The time between an unlock and the lock after it, in one browser or one terminal.',
  },
} as const satisfies Readonly<Record<string, Word>>;

/** Every word with its anchor, in the order of the page: what there is, who may do what, what is recorded, what stops it. */
export const WORDS: readonly (Word & { readonly id: WordId })[] = ids().map((id) => ({ id, ...ENTRIES[id] }));

function ids(): readonly WordId[] {
  return Object.keys(ENTRIES).filter((id): id is WordId => id in ENTRIES);
}
