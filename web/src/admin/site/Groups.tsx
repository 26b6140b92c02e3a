/** All groups. */
import type { GroupObject, Stored } from '../../generated/site';
import { useTranslation } from '../../i18n';
import type { Column } from '../parts/DataTable';
import { useTitles } from './names';
import { ActiveSign, ObjectList } from './ObjectList';

export function Groups() {
  const { texts, number } = useTranslation();
  const t = texts.admin.site.group.fields;
  const columns: Column<Stored<GroupObject>>[] = [
    { key: 'name', title: t['/name'], sort: 'name', width: 'minmax(0, 1.3fr)', cell: ({ object }) => object.name },
    {
      key: 'description',
      title: t['/description'],
      sort: 'description',
      cell: ({ object }) => object.description,
      wide: true,
    },
    { key: 'leader', title: t['/leader'], cell: ({ object }) => <Person id={object.leader} />, wide: true },
    {
      key: 'members',
      title: t['/members'],
      sort: 'members',
      width: '110px',
      cell: ({ object }) => <span className="numbers">{number(object.members.length)}</span>,
    },
    {
      key: 'active',
      title: t['/active'],
      sort: 'active',
      width: 'minmax(68px, 0.7fr)',
      cell: ({ object }) => <ActiveSign active={object.active} />,
    },
  ];
  return <ObjectList kind="groups" columns={columns} activatable />;
}

function Person({ id }: { id: string | null }) {
  const title = useTitles('users', id === null ? [] : [id]);
  return id === null ? null : title(id);
}
