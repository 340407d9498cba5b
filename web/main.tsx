import { initializeWasm } from '@automerge/automerge/slim';
import wasm from '@automerge/automerge/automerge.wasm?url';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { DocumentPage } from '#web/page/document-page.tsx';
import './style.css';

const root = createRoot(document.querySelector('#page')!);
const [, id = ''] = /^\/documents\/([^/]+)\/?$/.exec(location.pathname) ?? [];

// Nothing of a document can be read before; a sign-in can be shown meanwhile.
const ready = initializeWasm(wasm);
root.render(
  <StrictMode>
    <DocumentPage id={id} ready={ready} />
  </StrictMode>,
);
