import { useEffect, useState } from 'react';
import { type Http, http } from '#web/api/http.ts';
import { Desk } from '#web/live/desk.ts';
import { notFound } from '#web/live/words.ts';
import { forgetOnDevice, keptOnDevice } from '#web/live/kept-on-device.ts';
import {
  type Credential,
  forgetCredential,
  holderOf,
  keepCredential,
  keptCredential,
} from '#web/session/credential.ts';
import { SignIn } from '#web/session/sign-in.tsx';
import { DeskPage } from './desk-page.tsx';
import { Loading, Message } from './messages.tsx';

type Props = { readonly id: string; readonly ready: Promise<unknown> };
type Opened = { readonly desk: Desk; readonly http: Http };

/** The server would not even open a connection to another name. */
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Asks who comes, and opens the document for them. */
export function DocumentPage({ id, ready }: Props) {
  const [me, setMe] = useState(keptCredential);
  const [opened, setOpened] = useState<Opened>();
  const [problem, setProblem] = useState<string>();

  useEffect(() => {
    if (me === undefined) return;
    let isCurrent = true;
    const open = async () => {
      await ready;
      if (!isCurrent) return;
      const store = await keptOnDevice(holderOf(me), id);
      const desk = new Desk({ document: id, credential: me.text, name: me.name, store });
      setOpened({ desk, http: http(me.text) });
      await desk.open();
    };
    open().catch(() => setProblem('The page could not be started. Load it again.'));
    return () => {
      isCurrent = false;
    };
  }, [id, me, ready]);

  const signIn = (credential: Credential) => {
    keepCredential(credential);
    setProblem(undefined);
    setMe(credential);
  };
  const refuse = async (words: string) => {
    forgetCredential();
    await opened?.desk.close();
    setOpened(undefined);
    setMe(undefined);
    setProblem(words);
  };
  const signOut = async () => {
    const isSettled = opened?.desk.view().isSettled ?? true;
    if (!isSettled && !confirm('What was not sent yet will be lost. Sign out?')) return;
    forgetCredential();
    if (me !== undefined) await forgetOnDevice(holderOf(me)).catch(() => undefined);
    // Nothing of the document stays in memory.
    location.reload();
  };

  if (!UUID.test(id)) return <Message title="Not found" words={notFound} />;
  if (me === undefined) return <SignIn problem={problem} onSignIn={signIn} />;
  if (problem !== undefined) return <Message title="Something went wrong" words={problem} />;
  if (opened === undefined) return <Loading />;
  return (
    <DeskPage
      id={id}
      {...opened}
      onRefused={(words) => void refuse(words)}
      onSignOut={() => void signOut()}
    />
  );
}
