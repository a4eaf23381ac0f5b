/** A text that is not what its format says, and the line where that shows. Nothing of the text is repeated. */
export class Unreadable extends Error {
  readonly line: number;

  constructor(line: number, fault: string) {
    super(fault);
    this.name = 'Unreadable';
    this.line = line;
  }
}
