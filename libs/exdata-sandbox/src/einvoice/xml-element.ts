/** An element, its attributes and text; names are local names, since prefixes are the author's choice. */
export class XmlElement {
  readonly children: XmlElement[] = [];
  private readonly pieces: string[] = [];

  constructor(
    readonly name: string,
    readonly namespace: string,
    readonly attributes: ReadonlyMap<string, string>,
  ) {}

  append(text: string): void {
    this.pieces.push(text);
  }

  /**
   * The element's own text without outer white space, runs of white space inside it as one space; null when there is
   * none.
   */
  get text(): string | null {
    const text = this.pieces.join('').replace(/\s+/g, ' ').trim();
    return text === '' ? null : text;
  }

  /** The elements at a path of local names, in document order. */
  all(...path: readonly string[]): XmlElement[] {
    let found: XmlElement[] = [this];
    for (const name of path)
      found = found.flatMap((element) => element.children.filter((child) => child.name === name));
    return found;
  }

  /** The first element at a path that exists. */
  first(...path: readonly string[]): XmlElement | undefined {
    return this.all(...path)[0];
  }

  /** The non-empty texts at a path, in document order. */
  texts(...path: readonly string[]): string[] {
    return this.all(...path).flatMap(({ text }) => text ?? []);
  }
}
