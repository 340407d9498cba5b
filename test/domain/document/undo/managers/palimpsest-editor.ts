import type { DocumentCommand } from '#domain/document/commands.ts';
import type { Edit } from '#domain/document/edits.ts';
import { baseOf, markdownOf, restorePointOf, sectionsOf } from '#domain/document/reading.ts';
import { written } from '#test/support/document.ts';
import { principal } from '#test/support/given.ts';
import type { Editor } from './editor.ts';

export function palimpsestEditor(beginning: string): Editor {
  const document = written(beginning);
  const people = ['ada', 'bob', 'cleo'].map((name) => principal(name, 'editor'));
  const newest = () => ({
    base: baseOf(document.living, document.revision),
    text: markdownOf(document.living),
  });
  const views = people.map(newest);
  const past: ReturnType<typeof restorePointOf>[] = [];
  const act = (who: number, command: DocumentCommand) => document.do(command, people[who]);
  const edit = (who: number, one: Edit) =>
    act(who, { type: 'EditDocument', edits: [one], base: views[who]!.base });

  return {
    name: 'Palimpsest',
    catchUp: (who) => (views[who] = newest()),
    view: (who) => views[who]!.text,
    shown: () => markdownOf(document.living),
    insert: (who, at, text) => edit(who, { type: 'insertText', at, text }),
    remove: (who, at, count) => edit(who, { type: 'deleteText', at, count }),
    split(who, at) {
      let left = at;
      for (const { id, text } of sectionsOf(document.living)) {
        if (left < text.length) {
          act(who, {
            type: 'EditDocument',
            edits: [{ type: 'splitSection', section: id, at: left }],
          });
          return;
        }
        left -= text.length;
      }
    },
    restore: (who, step) => act(who, { type: 'RestoreDocument', to: past[step]!, revision: 0 }),
    undo: (who) => act(who, { type: 'UndoGroup', scope: 'mine' }),
    redo: (who) => act(who, { type: 'RedoGroup', scope: 'mine' }),
    remember: () => past.push(restorePointOf(document.living)),
  };
}
