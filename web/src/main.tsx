import '@mantine/core/styles.css';
import './app.css';
import { MantineProvider } from '@mantine/core';
import { lazy, StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { Boundary } from './components/Boundary';
import { LanguageProvider } from './i18n';
import { schemeManager } from './scheme';
import { cssVariables, theme } from './theme';

/** Loaded only at their own addresses: who telephones has no use for them. */
const Administration = lazy(() => import('./admin/Administration'));
const Wizard = lazy(() => import('./setup/Wizard'));
const setsUp = /^\/setup(\/|$)/.test(window.location.pathname);
const administers = /^\/admin(\/|$)/.test(window.location.pathname);

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');

createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      colorSchemeManager={schemeManager}
    >
      <LanguageProvider>
        <Boundary>
          <Suspense>{setsUp ? <Wizard /> : administers ? <Administration /> : <App />}</Suspense>
        </Boundary>
      </LanguageProvider>
    </MantineProvider>
  </StrictMode>,
);
