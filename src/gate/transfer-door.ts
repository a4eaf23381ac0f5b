/** What the owner brings in from files and takes out into them, one method a command. */
import type { ImportPlan, ImportReport, TransferItem } from '../core/transfer.js';
import type { Reference } from './named.js';
import type { Progress } from './log-door.js';

/** Which items go out: of one vault, or of all. `format` is named in the entry. */
export interface ExportSelection {
  readonly vault?: Reference;
  readonly format: string;
}

/** The owner's door, for whole items. Methods throw `Refusal` alone, never with a value. */
export interface TransferDoor {
  /** What {@link importItems} would do now; changes nothing and leaves no entry. */
  planImport(plan: ImportPlan): Promise<ImportReport>;
  /**
   * Takes in all items of the plan, or none: one transaction with one entry. An item that its vault has already – the
   * same type, title and user name, in the trash or outside as the file says – is left, replaced or doubled as the
   * plan says; each item of the file is held against another one of the vault, so a second run adds nothing.
   */
  importItems(plan: ImportPlan, progress?: Progress): Promise<ImportReport>;
  /** Whole items with their kept revisions, trash included; handed out once an entry for each vault is on disk. */
  exportItems(selection: ExportSelection, progress?: Progress): Promise<readonly TransferItem[]>;
}
