import {
  type CompletionItem,
  type CompletionItemKind,
  InsertTextFormat,
  InsertTextMode,
  MarkupKind,
  type Range,
} from 'vscode-languageserver/node';

/** One proposal of completion before it is put into its place. */
export interface Proposal {
  readonly label: string;
  /** What is written, where it is not the label; `cursor` marks where typing goes on. */
  readonly text?: string;
  readonly kind: CompletionItemKind;
  readonly detail?: string;
  /** Markdown. */
  readonly documentation?: string;
  /** Proposals are sorted by this before their label. */
  readonly rank?: string;
}

/** Stands for the place of the cursor in a proposal's text. */
export const cursor = '\0';

/** A proposal that replaces `typed` at `range`; without snippets the cursor ends up behind the text. */
export function toItem(proposal: Proposal, range: Range, typed: string, snippets: boolean): CompletionItem {
  const { label, text = label, kind, detail, documentation, rank = '1' } = proposal;
  const quote = /^["']/.exec(typed)?.[0] ?? '';
  return {
    label,
    kind,
    ...(detail ? { detail } : {}),
    ...(documentation ? { documentation: { kind: MarkupKind.Markdown, value: documentation } } : {}),
    sortText: `${rank} ${label}`,
    filterText: `${quote}${label}`,
    insertTextMode: InsertTextMode.adjustIndentation,
    insertTextFormat: snippets ? InsertTextFormat.Snippet : InsertTextFormat.PlainText,
    textEdit: { range, newText: snippets ? asSnippet(text) : text.replaceAll(cursor, '') },
  };
}

const asSnippet = (text: string): string => text.replace(/[\\$}]/g, '\\$&').replaceAll(cursor, '$0');
