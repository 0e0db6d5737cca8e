import { describe, expect, it } from 'vitest';
import { PR } from '../../../../shared/mapi/property-tags.ts';
import { column } from '../../../../shared/store/content/message-row.ts';
import type { Folder } from '../../../../shared/store/folders/folder.ts';
import type { MessageFacts } from '../../../../shared/store/messages/mapi-messages.ts';
import type { MapiStore } from '../../../../shared/store/stores/stores.ts';
import { MessageRow } from '../../../../shared/store/tables/message-table-row.ts';

/** A row whose column has what is left of a subject. */
const rowOf = (subject: string): MessageRow =>
  new MessageRow(
    {} as MapiStore,
    {} as Folder,
    {} as MessageFacts,
    {
      messageClass: 'IPM.Note',
      subject: column(subject),
      displayTo: '',
      importance: 1,
      hasAttachments: false,
      deliveredAt: 0,
      arrivalUid: 1,
      deletedAt: null,
    },
    0,
  );

describe('a column of text', () => {
  it('is cut after 255 units, and before a surrogate pair that they would cut in two', () => {
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
