/** What pages need of the command line, which the console may not name. The wiring provides it. */
import type { EntryShape, GrantShape, TokenShape } from '../core/shapes.js';

/** Whom instructions are for, and what it reaches. */
export interface InstructionSubject {
  readonly token: Pick<TokenShape, 'name'>;
  readonly grants: readonly GrantShape[];
}

/** The markdown that an owner gives to an agent; the same as `agent instructions` prints. */
export interface Instructions {
  /** Names of the forms, as `--format` takes them; the first is what most agents read. */
  readonly formats: readonly string[];
  /** Throws `invalid_request` for an unknown form. */
  text(subject: InstructionSubject, format: string): string;
}

/** How one client is set up for an agent. No token is in any of it. */
export interface ClientSetup {
  /** As `--client` takes it. */
  readonly name: string;
  /** As its makers write it. */
  readonly title: string;
  /** The command that writes the configuration; the token is piped or pasted to it. */
  readonly command: string;
  /** What stands in the configuration, for those who edit it themselves, and the file. */
  readonly configuration: string;
  readonly configurationFile: string;
  readonly tokenFile: string;
  /** The form of instructions that it reads, and where people paste them. */
  readonly instructionFormat: string;
  readonly paste: string;
  /** What to do then. */
  readonly next: string;
}

/** One format of an export: pure, entry by entry. */
export interface ExportFormat {
  readonly name: string;
  readonly mediaType: string;
  /** Of the file, without the dot. */
  readonly extension: string;
  /** What stands before the first entry. */
  readonly head: string;
  /** One entry, with its end of line. */
  line(entry: EntryShape): string;
}

export interface Ports {
  readonly instructions: Instructions;
  /** Every client that `agent install` knows, for an agent of that name. */
  readonly setups: (agent: string) => readonly ClientSetup[];
  /** Formats of `audit export`; the first is the usual one. */
  readonly exportFormats: readonly ExportFormat[];
}
