export function Message({ title, words }: { readonly title: string; readonly words: string }) {
  return (
    <main className="message">
      <h1>{title}</h1>
      <p>{words}</p>
    </main>
  );
}

export function Loading({ isAway = false }: { readonly isAway?: boolean }) {
  return (
    <main className="message" aria-busy="true">
      <h1 className="quiet">Opening the document…</h1>
      <p role="status">{isAway && 'The server cannot be reached. It is tried again and again.'}</p>
    </main>
  );
}
