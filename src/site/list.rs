//! Lists: searched, filtered, sorted, a page at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use ts_rs::TS;

use super::problem::{Problem, ProblemCode};
use super::text::{digits, fold};
use super::{Object, ObjectId, Site, Stored};

/// Objects of a page.
pub const MAX_PAGE: usize = 500;

/// Words of a search.
const MAX_WORDS: usize = 10;

/// Characters of a cursor.
const MAX_CURSOR: usize = 4_096;

/// What a list is asked for.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Words that must all be found in an object, whatever their case and accents.
    pub search: String,
    /// The column; None: the kind's first.
    pub sort: Option<String>,
    /// The last first.
    pub descending: bool,
    /// Objects of the page; 0: 50.
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Only those that are active, or are not.
    pub active: Option<bool>,
    /// Only users of this group, or lines of this line group.
    pub group: Option<ObjectId>,
    /// Only users with this profile.
    pub profile: Option<ObjectId>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, JsonSchema, TS)]
#[schemars(rename = "{T}Page")]
pub struct Page<T> {
    /// Its objects, in the order asked for.
    pub items: Vec<Arc<Stored<T>>>,
    /// The cursor of the next page; null: this is the last one.
    pub next: Option<String>,
    /// Objects of all pages.
    pub total: usize,
    /// Versions of the pictures of those of its objects that have one.
    #[ts(type = "Record<string, number>")]
    pub pictures: BTreeMap<ObjectId, i64>,
}

impl<T: Serialize> Serialize for Page<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let items: Vec<&Stored<T>> = self.items.iter().map(|item| &**item).collect();
        let mut page = serializer.serialize_struct("Page", 4)?;
        page.serialize_field("items", &items)?;
        page.serialize_field("next", &self.next)?;
        page.serialize_field("total", &self.total)?;
        page.serialize_field("pictures", &self.pictures)?;
        page.end()
    }
}

/// Where a page ended. The next one begins behind this place whatever has come or gone since.
type Place = (String, ObjectId);

impl Site {
    /// A page of the objects of a kind.
    pub fn list<T: Object>(&self, query: &Query) -> Result<Page<T>, Problem> {
        let column = match &query.sort {
            None => T::COLUMNS.first().copied().unwrap_or_default(),
            Some(sort) => T::COLUMNS.iter().copied().find(|column| column == sort).ok_or_else(|| {
                let problem = Problem { pointer: "/sort".to_owned(), ..Problem::whole(ProblemCode::UnknownColumn) };
                problem.value(T::COLUMNS.join(", "))
            })?,
        };
        let behind = query.cursor.as_deref().map(|cursor| read_cursor(cursor, column, query.descending)).transpose()?;
        let words = words(&query.search);
        let found = self.iter::<T>().filter(|stored| {
            words.iter().all(|word| word.is_in(&stored.haystack)) && stored.object.passes(stored.id, self, query)
        });
        let mut total = 0;
        let mut rest: Vec<(Place, &Arc<Stored<T>>)> = Vec::new();
        for stored in found {
            total += 1;
            let place = (stored.object.sort_key(column), stored.id);
            let is_behind = behind.as_ref().is_none_or(|cursor| match query.descending {
                false => place > *cursor,
                true => place < *cursor,
            });
            if is_behind {
                rest.push((place, stored));
            }
        }
        let limit = if query.limit == 0 { 50 } else { query.limit.min(MAX_PAGE) };
        let order = |a: &(Place, &Arc<Stored<T>>), b: &(Place, &Arc<Stored<T>>)| match query.descending {
            false => a.0.cmp(&b.0),
            true => b.0.cmp(&a.0),
        };
        let is_last = rest.len() <= limit;
        if !is_last {
            // Only the page is sorted.
            rest.select_nth_unstable_by(limit, order);
            rest.truncate(limit);
        }
        rest.sort_unstable_by(order);
        let next = match rest.last() {
            Some((place, _)) if !is_last => Some(cursor(column, query.descending, place)),
            _ => None,
        };
        let items: Vec<_> = rest.into_iter().map(|(_, stored)| stored.clone()).collect();
        let pictures = items.iter().filter_map(|item| Some((item.id, self.picture(item.id)?))).collect();
        Ok(Page { items, next, total, pictures })
    }
}

/// A word of a search.
struct Word {
    text: String,
    /// The same as a telephone number, where it looks like a part of one.
    number: Option<String>,
}

impl Word {
    fn is_in(&self, haystack: &str) -> bool {
        haystack.contains(&self.text) || self.number.as_ref().is_some_and(|number| haystack.contains(number))
    }
}

fn words(search: &str) -> Vec<Word> {
    // A number that is written with spaces is one word.
    if let Some(number) = as_number(search) {
        return vec![Word { text: fold(search.trim()), number: Some(number) }];
    }
    let words = search.split_whitespace().take(MAX_WORDS);
    words.map(|word| Word { text: fold(word), number: as_number(word) }).collect()
}

fn as_number(text: &str) -> Option<String> {
    let is_number = |c: char| c.is_ascii_digit() || c.is_whitespace() || "+*#()-/.".contains(c);
    let digits = digits(text);
    (digits.len() >= 2 && text.chars().all(is_number)).then(|| digits.into_owned())
}

fn cursor(column: &str, descending: bool, (key, id): &Place) -> String {
    let direction = if descending { '-' } else { '+' };
    URL_SAFE_NO_PAD.encode(format!("{direction}{column}:{id}:{key}"))
}

fn read_cursor(cursor: &str, column: &str, descending: bool) -> Result<Place, Problem> {
    let read = || {
        let bytes = (cursor.len() <= MAX_CURSOR).then(|| URL_SAFE_NO_PAD.decode(cursor).ok()).flatten()?;
        let text = String::from_utf8(bytes).ok()?;
        let rest = text.strip_prefix(if descending { '-' } else { '+' })?.strip_prefix(column)?.strip_prefix(':')?;
        let (id, key) = rest.split_once(':')?;
        Some((key.to_owned(), id.parse().ok()?))
    };
    read().ok_or(Problem { pointer: "/cursor".to_owned(), ..Problem::whole(ProblemCode::InvalidCursor) })
}
