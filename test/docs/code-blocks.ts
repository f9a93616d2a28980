/** A fenced code block of a Markdown file. */
export interface CodeBlock {
  /** The Markdown file, relative to the repository. */
  readonly document: string;
  /** Line of the block's first line of code, counted from 1. */
  readonly line: number;
  /** First word of the info string; '' if there is none. */
  readonly language: string;
  /** Further words: `run`, `title="app.module.ts"`. */
  readonly attributes: string;
  readonly code: string;
}

const fence = /^(\s*)(`{3,}|~{3,})\s*(\S*)\s*(.*)$/;

/**
 * Finds the fenced code blocks of a Markdown text (CommonMark 0.31, section 4.5), those inside lists too. Throws if one
 * is never closed.
 */
export function codeBlocks(document: string, markdown: string): CodeBlock[] {
  const lines = markdown.split('\n');
  const blocks: CodeBlock[] = [];
  for (let at = 0; at < lines.length; at++) {
    const opening = fence.exec(lines[at] ?? '');
    if (opening === null) continue;
    const [, indent = '', marks = '', language = '', attributes = ''] = opening;
    const end = lines.findIndex(
      (line, index) => index > at && line.trim().startsWith(marks) && /^\s*(`+|~+)\s*$/.test(line),
    );
    if (end === -1) throw new Error(`${document}:${at + 1}: this code block is never closed`);
    const body = lines.slice(at + 1, end).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
    blocks.push({ document, line: at + 2, language, attributes: attributes.trim(), code: `${body.join('\n')}\n` });
    at = end;
  }
  return blocks;
}
