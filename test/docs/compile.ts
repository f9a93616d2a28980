import path from 'node:path';
import ts from 'typescript';
import { root } from '../packages.js';
import type { CodeBlock } from './code-blocks.js';

/**
 * Compiles TypeScript blocks as a host would, the library's names resolved to its sources. Each document is a folder of
 * its own: a block with `title="app.module.ts"` can be imported as './app.module.js' by the others of its document.
 * Returns what the compiler says, placed in the document.
 */
export function compile(blocks: readonly CodeBlock[]): string[] {
  const files = new Map(blocks.map((block, index) => [virtualFile(block, index), block]));
  const options = compilerOptions();
  const host = ts.createCompilerHost(options);
  const onDisk = {
    fileExists: host.fileExists.bind(host),
    readFile: host.readFile.bind(host),
    directoryExists: host.directoryExists?.bind(host),
  };
  const folders = new Set([...files.keys()].map((file) => path.dirname(file)));
  host.fileExists = (file) => files.has(file) || onDisk.fileExists(file);
  host.directoryExists = (folder) => folders.has(folder) || (onDisk.directoryExists?.(folder) ?? true);
  host.readFile = (file) => {
    const block = files.get(file);
    // A block without an import is still a module: its names are its own.
    return block === undefined ? onDisk.readFile(file) : `${block.code}export {};\n`;
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).flatMap((diagnostic) => {
    const block = files.get(diagnostic.file?.fileName ?? '');
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
    // Faults of the sources themselves are the type check's to tell.
    if (diagnostic.file !== undefined && block === undefined) return [];
    const line = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0;
    return [block === undefined ? text : `${block.document}:${block.line + line}: ${text}`];
  });
}

function virtualFile(block: CodeBlock, index: number): string {
  const title = /title="([^"]+)"/.exec(block.attributes)?.[1];
  return path.join(root, 'test/docs/blocks', block.document, title ?? `block-${index}.ts`);
}

function compilerOptions(): ts.CompilerOptions {
  const file = path.join(root, 'tsconfig.json');
  const { config } = ts.readConfigFile(file, (name) => ts.sys.readFile(name)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, files: [], include: undefined },
    ts.sys,
    root,
    {},
    file,
  );
  // A snippet may show a line without using its result.
  return { ...options, noUnusedLocals: false, noUnusedParameters: false };
}
