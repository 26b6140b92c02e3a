/** Who administers the server. */
import type { AdministratorObject, Role, Stored } from '../../generated/site';
import { useTranslation } from '../../i18n';
import type { Column } from '../parts/DataTable';
import { SelectField, SwitchField, TextField } from '../parts/fields';
import { AccountSecurity } from './AccountSecurity';
import { ActiveSign, ObjectList } from './ObjectList';
import { NEW, ObjectPage } from './ObjectPage';
import { Password } from './Password';
import { useMayChange } from './role';
import { Columns, Section } from './Section';

const ROLES: readonly Role[] = ['full', 'users', 'read_only'];
const BLANK: AdministratorObject = { login: '', display_name: '', email: '', role: 'read_only', active: true };

export function Administrators() {
  const { texts } = useTranslation();
  const t = texts.admin.site.administrator;
  const f = t.fields;
  const columns: Column<Stored<AdministratorObject>>[] = [
    {
      key: 'name',
      title: f['/display_name'],
      sort: 'display_name',
      width: 'minmax(0, 1.3fr)',
      cell: ({ object }) => object.display_name || object.login,
    },
    { key: 'login', title: f['/login'], sort: 'login', cell: ({ object }) => object.login, wide: true },
    { key: 'role', title: f['/role'], sort: 'role', cell: ({ object }) => t.roles[object.role] },
    {
      key: 'active',
      title: f['/active'],
      sort: 'active',
      width: 'minmax(68px, 0.7fr)',
      cell: ({ object }) => <ActiveSign active={object.active} />,
    },
  ];
  return <ObjectList kind="administrators" columns={columns} activatable />;
}

export function AdministratorPage({ id }: { id: string }) {
  const { texts } = useTranslation();
  const t = texts.admin.site.administrator;
  const may = useMayChange('administrators');
  const beside = [
    { key: 'security', title: texts.security.admin.title },
    { key: 'password', title: texts.admin.site.password.title },
  ];
  return (
    <ObjectPage
      kind="administrators"
      id={id}
      blank={BLANK}
      labels={t.fields}
      sections={[{ key: 'general', title: t.section }, ...(id === NEW ? [] : beside)]}
      beside={({ id: stored, object }, mayChange) => (
        <>
          <AccountSecurity kind="administrators" id={stored} name={object.display_name || object.login} may={may} />
          {mayChange && <Password kind="administrators" id={stored} login={object.login} />}
        </>
      )}
    >
      {() => (
        <Section name="general" title={t.section}>
          <Columns>
            <TextField at="/login" required />
            <TextField at="/display_name" />
            <TextField at="/email" type="email" />
            <SelectField
              at="/role"
              hint={t.roleHint}
              options={ROLES.map((role) => ({ value: role, label: t.roles[role] }))}
            />
          </Columns>
          <SwitchField at="/active" />
        </Section>
      )}
    </ObjectPage>
  );
}
