import { describe, expect, it } from 'vitest';
import { PR } from '../../../../shared/mapi/property-tags.ts';
import { column } from '../../../../shared/store/content/message-row.ts';
import type { Folder } from '../../../../shared/store/folders/folder.ts';
import type { MessageFacts } from '../../../../shared/store/messages/message-facts.ts';
import type { MapiStore } from '../../../../shared/store/stores/stores.ts';
import { MessageTableRow } from '../../../../shared/store/tables/message-table-row.ts';

/** A row whose column has the truncated subject. */
const rowOf = (subject: string): MessageTableRow =>
  new MessageTableRow(
    {} as MapiStore,
    {} as Folder,
    {} as MessageFacts,
    {
      message_class: 'IPM.Note',
      subject: column(subject),
      display_to: '',
      importance: 1,
      has_attachments: 0,
      delivered_at: 0,
      size: 0,
      arrival_uid: 1,
      deleted_at: null,
    },
    0,
  );

describe('a column of text', () => {
  it('is cut after 255 UTF-16 units, or before a surrogate pair at the limit', () => {
    expect(column('a'.repeat(300))).toBe('a'.repeat(255));
    expect(column(`${'a'.repeat(254)}😀b`)).toBe('a'.repeat(254));
    expect(column(`${'a'.repeat(253)}😀b`)).toBe(`${'a'.repeat(253)}😀`);
  });

  it('keeps a replacement character that the text ends with, and puts one in place of a lone surrogate', () => {
    expect(column('text \ufffd')).toBe('text \ufffd');
    expect(column(`${'a'.repeat(254)}\ufffdb`)).toBe(`${'a'.repeat(254)}\ufffd`);
    expect(column('a\ud83db')).toBe('a\ufffdb');
    expect(column('a\ud83d')).toBe('a\ufffd');
  });

  it('is taken for the whole subject only where nothing can have been cut', () => {
    expect(rowOf(`${'a'.repeat(254)}😀 and more`).knows(PR.SUBJECT)).toBe(false);
    expect(rowOf(`${'a'.repeat(255)} and more`).knows(PR.SUBJECT)).toBe(false);
    expect(rowOf('a'.repeat(253)).knows(PR.SUBJECT)).toBe(true);
  });
});
