import type { Edit } from '#domain/document/edits.ts';
import type { SectionId } from '#domain/ids.ts';

export type Sections = readonly { readonly id: SectionId; readonly text: string }[];

/** What these sections say after the edit: whatever was undone before, it does what it says. */
export function edited(sections: Sections, edit: Edit): readonly string[] {
  const changed = (change: (text: string) => readonly string[]) =>
    sections.flatMap(({ id, text }) =>
      'section' in edit && edit.section === id ? change(text) : [text],
    );
  switch (edit.type) {
    case 'insertText':
      return changed((text) => [text.slice(0, edit.at) + edit.text + text.slice(edit.at)]);
    case 'deleteText':
      return changed((text) => [text.slice(0, edit.at) + text.slice(edit.at + edit.count)]);
    case 'splitSection':
      return changed((text) => [text.slice(0, edit.at), text.slice(edit.at)]);
    case 'deleteSection':
      return changed(() => []);
    case 'insertSection': {
      const at = sections.findIndex(({ id }) => id === edit.after) + 1;
      return sections.map(({ text }) => text).toSpliced(at, 0, edit.text);
    }
    case 'moveSection': {
      if (edit.section === edit.after) return changed((text) => [text]);
      const others = sections.filter(({ id }) => id !== edit.section);
      const at = others.findIndex(({ id }) => id === edit.after) + 1;
      return others
        .toSpliced(at, 0, ...sections.filter(({ id }) => id === edit.section))
        .map(({ text }) => text);
    }
    case 'setTitle':
    case 'replaceText':
      return changed((text) => [text]);
  }
}
