import type { Person } from '#web/live/desk-view.ts';

export function People({ people }: { readonly people: readonly Person[] }) {
  if (people.length === 0) return null;
  return (
    <ul className="people" aria-label="Also here">
      {people.map(({ session, name, colour }) => (
        <li key={session} className={`person-${colour}`} title={name}>
          <span aria-hidden="true">{initialsOf(name)}</span>
          <span className="visually-hidden">{name}</span>
        </li>
      ))}
    </ul>
  );
}

function initialsOf(name: string): string {
  const words = name.split(/\s+/).filter((word) => word !== '');
  const letters = [words[0], words.length > 1 ? words.at(-1) : ''].map((word = '') =>
    String.fromCodePoint(word.codePointAt(0) ?? 32),
  );
  return letters.join('').toUpperCase();
}
