/** A user's picture, for who looks after them. */
import { useContext } from 'react';
import { PictureEditor } from '../../components/PictureEditor';
import { useTranslation } from '../../i18n';
import { pictureAt } from '../../picture';
import { Announce, useReason } from '../announce';
import { pictureUrl, useLoaded } from './objects';
import { Section } from './Section';

export function UserPicture({ id, name, may }: { id: string; name: string; may: boolean }) {
  const { texts } = useTranslation();
  const announce = useContext(Announce);
  const reason = useReason();
  const url = pictureUrl(id);
  const { value, again } = useLoaded<string | null>(url, () => pictureAt(url));
  return (
    <Section name="picture" title={texts.picture.title} text={texts.admin.site.user.pictureText}>
      <PictureEditor
        url={url}
        picture={value}
        name={name}
        may={may}
        onChanged={again}
        onSaid={announce}
        reason={reason}
      />
    </Section>
  );
}
