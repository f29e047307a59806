// The commands that were entered, for the arrow keys. Pure.

const longest = 200;

export class History {
  private readonly commands: string[] = [];
  /** The place of the command shown; the count of commands while the new one is shown. */
  private at = 0;
  private draft = "";

  /** Adds a command as the newest one, unless it repeats the last one. */
  add(command: string): void {
    if (this.commands[this.commands.length - 1] !== command) this.commands.push(command);
    if (this.commands.length > longest) this.commands.shift();
    this.at = this.commands.length;
    this.draft = "";
  }

  /** The command before the shown one, or null at the oldest. `text` is what the field contains. */
  previous(text: string): string | null {
    if (this.at === 0) return null;
    if (this.at === this.commands.length) this.draft = text;
    this.at -= 1;
    return this.commands[this.at] ?? null;
  }

  /** The command after the shown one, at last what was being written; null after that. */
  next(): string | null {
    if (this.at === this.commands.length) return null;
    this.at += 1;
    return this.commands[this.at] ?? this.draft;
  }

  clear(): void {
    this.commands.length = 0;
    this.at = 0;
    this.draft = "";
  }
}
