/** What an administrator may do. */
import { createContext, useContext } from 'react';
import type { User } from '../../generated/protocol';
import type { Role } from '../../generated/site';
import type { Page } from '../route';

const ROLES: readonly Role[] = ['full', 'users', 'read_only'];

/** The role of who is signed in; a server that tells none has administrators of one kind only, who may do everything. */
export function roleOf(user: User & { role?: string }): Role {
  return user.role === undefined ? 'full' : (ROLES.find((role) => role === user.role) ?? 'read_only');
}

export const RoleContext = createContext<Role>('full');

const PEOPLE: readonly Page[] = ['users', 'groups', 'computers', 'profiles'];

/** Whether a role may change what is on a page. */
export function mayChange(role: Role, page: Page): boolean {
  return role === 'full' || (role === 'users' && PEOPLE.includes(page));
}

/** Whether who is signed in may change what is on a page; everybody may see it. */
export const useMayChange = (page: Page) => mayChange(useContext(RoleContext), page);
