import { type FormEvent, useId } from 'react';
import type { Credential } from './credential.ts';
import { typedText } from './typed-text.ts';

type Props = {
  /** Why one that was given is not good. */
  readonly problem: string | undefined;
  readonly onSignIn: (credential: Credential) => void;
};

/** Nothing of it is sent as a form: what was typed goes into the headers of requests only. */
export function SignIn({ problem, onSignIn }: Props) {
  const [key, name, wrong] = [useId(), useId(), useId()];
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const text = typedText(event.currentTarget, 'key');
    if (text !== '') onSignIn({ text, name: typedText(event.currentTarget, 'name') });
  };
  return (
    <main className="sign-in">
      <form onSubmit={submit}>
        <h1>Palimpsest</h1>
        <p>Sign in to read and edit this document together with others.</p>
        <label htmlFor={key}>API key or access token</label>
        <input
          id={key}
          name="key"
          type="password"
          required
          autoFocus
          autoComplete="off"
          spellCheck={false}
          aria-invalid={problem !== undefined}
          aria-describedby={problem === undefined ? undefined : wrong}
        />
        {problem !== undefined && (
          <p id={wrong} className="problem" role="alert">
            {problem}
          </p>
        )}
        <label htmlFor={name}>Your name, for the others</label>
        <input id={name} name="name" maxLength={80} autoComplete="name" />
        <button type="submit" className="primary">
          Open the document
        </button>
        <p className="hint">The key stays in this tab and is forgotten when you close it.</p>
      </form>
    </main>
  );
}
