import type { Model } from '../ir/model.ts';
import { printModel } from '../onnx/text/printer.ts';
import type { Diagnostic } from './define.ts';
import { diagnostics } from './index.ts';

const sections: readonly {
  readonly subject: Diagnostic['subject'];
  readonly title: string;
  readonly text: string;
}[] = [
  {
    subject: 'recipe',
    title: 'Recipes',
    text: 'Shown while a recipe is edited, by `pare check` and before a run. Errors keep a recipe from being run.',
  },
  {
    subject: 'model',
    title: 'Models',
    text: 'Shown for the models of a workspace and by `pare check`. Where there is a fix, it is made in a copy.',
  },
  { subject: 'file', title: 'Files', text: 'Why a file that is named cannot be used at all.' },
];

/** The page of all diagnostics, each with an example that has it: `docs/diagnostics.md`. */
export function diagnosticsMarkdown(): string {
  const parts = sections.flatMap(({ subject, title, text }) => [
    `## ${title}`,
    text,
    ...diagnostics
      .filter((diagnostic) => diagnostic.subject === subject)
      .toSorted((a, b) => (a.code < b.code ? -1 : 1))
      .map(entry),
  ]);
  return [
    '# Diagnostics',
    'Everything that Pare can find wrong, by its code. Codes are stable: `pare.diagnostics.ignore` in the editor and scripts may rely on them.',
    ...parts,
  ].join('\n\n');
}

function entry(diagnostic: Diagnostic): string {
  const { code, severity, what, why, remedy } = diagnostic;
  return [
    `### ${code}`,
    `*${severity[0]!.toUpperCase()}${severity.slice(1)}.* ${what} ${why}`,
    `**What to do:** ${remedy}`,
    ...example(diagnostic),
  ].join('\n\n');
}

function example(diagnostic: Diagnostic): readonly string[] {
  switch (diagnostic.subject) {
    case 'recipe': {
      const [bad] = diagnostic.bad;
      return bad ? [fence('yaml', bad.recipe.replaceAll(/<\||\|>/g, '').trimEnd())] : [];
    }
    case 'model': {
      const [bad] = diagnostic.bad;
      return bad ? [fence('', graphText(bad()))] : [];
    }
    case 'file':
      return [];
  }
}

const fence = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``;

/** The graph in ONNX's textual syntax, without the header, its weights left out. */
function graphText(model: Model): string {
  const text = printModel(model, ({ name }) => new Map([['location', name]]));
  return text
    .slice(text.indexOf('>') + 1)
    .replace(/\[\s*"location"[^\]]*\]/g, '...')
    .trim();
}
