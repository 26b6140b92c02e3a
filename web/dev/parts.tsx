/**
 * The console's parts for lists and forms at work, with 10,000 made-up users of the mock server:
 *
 *   node dev/mock-server.mjs 7224 &  npx vite  and then http://localhost:5173/dev/parts.html
 *
 * `POST /mock/meanwhile` changes the user that is open behind the form's back. A login "taken" is refused.
 */
import '@mantine/core/styles.css';
import '../src/app.css';
import { MantineProvider } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconUserOff } from '@tabler/icons-react';
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Announce } from '../src/admin/announce';
import { PageHead } from '../src/admin/PageHead';
import { DataTable, type Column } from '../src/admin/parts/DataTable';
import { SelectField, SwitchField, TextField } from '../src/admin/parts/fields';
import { Pages } from '../src/admin/parts/pages';
import { RecordForm } from '../src/admin/parts/RecordForm';
import { list, read, replace, urlOf } from '../src/admin/parts/rest';
import { useRead } from '../src/admin/parts/useRead';
import { Link, useAddress } from '../src/admin/route';
import { Appearance, LanguageChoice } from '../src/components/Choices';
import { LanguageProvider } from '../src/i18n';
import { cssVariables, theme } from '../src/theme';

interface User {
  id: string;
  login: string;
  display_name: string;
  email: string | null;
  active: boolean;
  profile: string;
  phones: { business: string; mobile: string | null };
}

const USERS = '/api/v1/admin/users';
const labels = {
  '/login': 'Login',
  '/display_name': 'Display name',
  '/email': 'E-mail',
  '/active': 'Active',
  '/profile': 'Profile',
  '/phones/business': 'Business number',
  '/phones/mobile': 'Mobile number',
};
const columns: Column<User>[] = [
  { key: 'name', title: 'Name', sort: 'display_name', cell: ({ display_name }) => display_name },
  { key: 'login', title: 'Login', sort: 'login', cell: ({ login }) => login, wide: true },
  { key: 'business', title: 'Business number', cell: ({ phones }) => phones.business, wide: true },
  { key: 'email', title: 'E-mail', sort: 'email', cell: ({ email }) => email ?? '–', wide: true },
  { key: 'active', title: 'Active', width: '90px', cell: ({ active }) => (active ? 'yes' : 'no') },
];
const users = new Pages<User>((query, cursor) => list(USERS, query, 100, cursor));

function Parts() {
  const id = useAddress().split('/').at(-1) ?? '';
  const [said, setSaid] = useState('');
  return (
    <Announce value={setSaid}>
      <main style={{ width: '100%', maxWidth: 1200, margin: '0 auto', padding: 16 }}>
        <div style={{ display: 'flex', gap: 12, justifyContent: 'flex-end' }}>
          <span role="status">{said}</span>
          <LanguageChoice />
          <Appearance />
        </div>
        {/^u\d/.test(id) ? <One key={id} id={id} /> : <All />}
      </main>
    </Announce>
  );
}

function All() {
  const narrow = useMediaQuery('(max-width: 40em)') ?? false;
  return (
    <>
      <PageHead title="Users" lead="Who may telephone." />
      <DataTable
        label="Users"
        pages={users}
        columns={columns}
        narrow={narrow}
        nameOf={({ display_name }) => display_name}
        hrefOf={({ id }) => `/dev/parts/${id}`}
        actions={[
          {
            key: 'off',
            label: 'Deactivate',
            icon: IconUserOff,
            run: () => new Promise((done) => setTimeout(() => done(true), 600)),
          },
        ]}
        searchHint="Name, login or number"
        empty="There is no user yet."
      />
    </>
  );
}

function One({ id }: { id: string }) {
  const url = urlOf(USERS, id);
  const { known } = useRead<User>(url);
  return (
    <>
      <Link href="/dev/parts.html">Users</Link>
      {known && (
        <section className="card" style={{ padding: 20, maxWidth: 640 }}>
          <RecordForm
            known={known}
            labels={labels}
            save={(changed) => replace(url, changed)}
            reload={() => read<User>(url)}
          >
            <TextField at="/login" required hint="What the person signs in with" />
            <TextField at="/display_name" required />
            <TextField at="/email" type="email" nullable />
            <SelectField at="/profile" options={['Default', 'Reception'].map((value) => ({ value, label: value }))} />
            <SwitchField at="/active" />
            <TextField at="/phones/business" type="tel" />
            <TextField at="/phones/mobile" type="tel" nullable />
          </RecordForm>
        </section>
      )}
    </>
  );
}

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
        <LanguageProvider>
          <Parts />
        </LanguageProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
