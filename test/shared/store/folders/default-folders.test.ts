import { describe, expect, it } from 'vitest';
import {
  DEFAULT_FOLDERS,
  defaultFolderName,
  FOLDER_LANGUAGES,
} from '../../../../shared/store/folders/default-folders.ts';

describe('default folders', () => {
  it('have names in English, Dutch, German and French', () => {
    expect(FOLDER_LANGUAGES).toEqual(expect.arrayContaining(['en', 'nl', 'de', 'fr']));
    expect(defaultFolderName('deleted', 'nl_NL.UTF-8')).toBe('Verwijderde items');
    expect(defaultFolderName('inbox', 'de')).toBe('Posteingang');
    expect(defaultFolderName('sent', 'fr_FR.UTF-8')).toBe('Éléments envoyés');
    expect(defaultFolderName('junk', 'xx_YY')).toBe('Junk E-mail');
  });

  it('no two folders of a language have one name', () => {
    for (const language of FOLDER_LANGUAGES) {
      const names = DEFAULT_FOLDERS.map(({ role }) => defaultFolderName(role, language));
      expect(new Set(names).size).toBe(names.length);
    }
  });
});
