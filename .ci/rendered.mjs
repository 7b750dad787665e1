// Holds rendered documents against the tools that define their languages; `.ci/rendered` runs it where these are.
//
//   node rendered.mjs asyncapi FILE      the official parser of AsyncAPI, with its rules
//   node rendered.mjs mermaid FILE…      Mermaid's own parser, on every block of these pages
import { readFile } from 'node:fs/promises';

async function asyncapi(file) {
  const { Parser } = await import('@asyncapi/parser');
  const { document, diagnostics } = await new Parser().parse(await readFile(file, 'utf8'));
  // Errors and warnings; what is milder is only shown.
  const names = ['error', 'warning', 'info', 'hint'];
  for (const { severity, code, message, path, range } of diagnostics) {
    console.log(`${file}:${range.start.line + 1}: ${names[severity]}: ${code}: ${message} (${path.join('.')})`);
  }
  const bad = diagnostics.filter(({ severity }) => severity <= 1).length;
  if (document) {
    const count = (what) => document[what]().all().length;
    console.log(`${file}: ${count('channels')} channels, ${count('operations')} operations, ${count('messages')} messages`);
  }
  return document ? bad : bad + 1;
}

async function mermaid(files) {
  // Mermaid cleans labels with a library that wants a browser's document.
  const { JSDOM } = await import('jsdom');
  const { window } = new JSDOM('');
  Object.assign(globalThis, { window, document: window.document });
  const { default: parser } = await import('mermaid');
  let bad = 0;
  for (const file of files) {
    const blocks = [...(await readFile(file, 'utf8')).matchAll(/^```mermaid\n([^]*?)^```$/gm)];
    const types = [];
    for (const { 1: block, index, input } of blocks) {
      try {
        types.push((await parser.parse(block)).diagramType);
      } catch (error) {
        bad += 1;
        console.log(`${file}:${input.slice(0, index).split('\n').length}: ${error.message}`);
      }
    }
    console.log(`${file}: ${blocks.length} diagrams, ${types.length} good (${[...new Set(types)].join(', ')})`);
    // A page in which no diagram is found was not looked at.
    if (blocks.length === 0) bad += 1;
  }
  return bad;
}

const [what, ...files] = process.argv.slice(2);
process.exitCode = (await (what === 'asyncapi' ? asyncapi(files[0]) : mermaid(files))) ? 1 : 0;
