/** The first bad row that verification finds; `seq` is null where no single row is to blame. */
export class LogFault extends Error {
  readonly seq: number | null;

  constructor(seq: number | null, message: string) {
    super(message);
    this.seq = seq;
  }
}
