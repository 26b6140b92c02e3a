/** Computers with telephones beside them. */
import type { ComputerObject, Stored } from '../../generated/site';
import { useTranslation } from '../../i18n';
import type { Column } from '../parts/DataTable';
import { SwitchField, TextField } from '../parts/fields';
import { ActiveSign, ObjectList } from './ObjectList';
import { NEW, ObjectPage } from './ObjectPage';
import { PairBrowsers } from './PairBrowsers';
import { useMayChange } from './role';
import { Columns, Section } from './Section';

const BLANK: ComputerObject = {
  name: '',
  first_phone: '',
  second_phone: '',
  only_authorized_dial: false,
  active: true,
};

export function Computers() {
  const { texts } = useTranslation();
  const t = texts.admin.site.computer.fields;
  const columns: Column<Stored<ComputerObject>>[] = [
    { key: 'name', title: t['/name'], sort: 'name', width: 'minmax(0, 1.3fr)', cell: ({ object }) => object.name },
    { key: 'first', title: t['/first_phone'], sort: 'first_phone', cell: ({ object }) => object.first_phone },
    {
      key: 'second',
      title: t['/second_phone'],
      sort: 'second_phone',
      cell: ({ object }) => object.second_phone,
      wide: true,
    },
    {
      key: 'active',
      title: t['/active'],
      sort: 'active',
      width: 'minmax(68px, 0.7fr)',
      cell: ({ object }) => <ActiveSign active={object.active} />,
    },
  ];
  return <ObjectList kind="computers" columns={columns} activatable />;
}

export function ComputerPage({ id }: { id: string }) {
  const { texts } = useTranslation();
  const may = useMayChange('computers');
  const t = texts.admin.site.computer;
  return (
    <ObjectPage
      kind="computers"
      id={id}
      blank={BLANK}
      labels={t.fields}
      sections={[
        { key: 'general', title: t.section },
        ...(id === NEW ? [] : [{ key: 'pairing', title: t.pairing.title }]),
      ]}
      beside={({ object }) => <PairBrowsers id={id} name={object.name} may={may} />}
    >
      {() => (
        <Section name="general" title={t.section} text={t.text}>
          <Columns>
            <TextField at="/name" required hint={t.nameHint} />
            <span />
            <TextField at="/first_phone" hint={texts.admin.site.user.phoneHint} />
            <TextField at="/second_phone" hint={texts.admin.site.user.phoneHint} />
          </Columns>
          <SwitchField at="/only_authorized_dial" hint={t.onlyHint} />
          <SwitchField at="/active" />
        </Section>
      )}
    </ObjectPage>
  );
}
