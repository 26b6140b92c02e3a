//! Adds lines to a configuration file's text; everything else in it stays as it is written.

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value};

use crate::config::records::Record;

/// The text with the records added as lines of the line group called `group`. The error is one sentence.
pub(super) fn add_lines(text: &str, group: &str, records: &[Record]) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error| format!("this is no TOML: {error}"))?;
    let table = find(&mut document, group)
        .ok_or("lines can be added only to a line group that is written as [[line_group]]; write it so.")?;
    match table.entry("line").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new())) {
        Item::ArrayOfTables(lines) => records.iter().for_each(|record| lines.push(entry(record))),
        Item::Value(Value::Array(lines)) => records.iter().for_each(|record| add_inline(lines, record)),
        _ => return Err(format!("the lines of {group:?} are not written as [[line_group.line]]; write them so.")),
    }
    Ok(document.to_string())
}

fn find<'a>(document: &'a mut DocumentMut, name: &str) -> Option<&'a mut Table> {
    let mut groups = document.get_mut("line_group")?.as_array_of_tables_mut()?.iter_mut();
    groups.find(|group| group.get("name").and_then(Item::as_str) == Some(name))
}

/// The keys of a record, in the order in which people write them.
fn keys(record: &Record) -> impl Iterator<Item = (&'static str, &str)> {
    let optional = [
        ("auth_name", record.auth_name.as_deref()),
        ("password", record.password.as_ref().map(|password| password.expose())),
        ("number", record.number.as_deref()),
    ];
    let given = optional.into_iter().filter_map(|(key, text)| Some((key, text?)));
    [("user_name", record.user_name.as_str())].into_iter().chain(given)
}

fn entry(record: &Record) -> Table {
    let mut table = Table::new();
    for (key, text) in keys(record) {
        table.insert(key, toml_edit::value(text));
    }
    table
}

fn add_inline(lines: &mut Array, record: &Record) {
    lines.push(InlineTable::from_iter(keys(record)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn record(user_name: &str) -> Record {
        Record {
            line: 1,
            user_name: user_name.into(),
            auth_name: None,
            password: Some(Secret::new("a\"b")),
            number: Some("+1".into()),
        }
    }

    #[test]
    fn lines_come_after_those_of_their_group_and_comments_stay() {
        let text = "data_dir = \"data\" # here\n\n[[line_group]]\nname = \"main\"\n\n# the first\n[[line_group.line]]\n\
                    user_name = \"100\"\n\n# another site\n[[line_group]]\nname = \"branch\"\n\n[[user]]\nname = \"anna\"\n";
        let expected = text.replace(
            "\n# another site",
            "\n[[line_group.line]]\nuser_name = \"101\"\npassword = 'a\"b'\nnumber = \"+1\"\n\n# another site",
        );
        assert_eq!(add_lines(text, "main", &[record("101")]).unwrap(), expected);
        let expected = text.replace(
            "\n[[user]]",
            "\n[[line_group.line]]\nuser_name = \"101\"\npassword = 'a\"b'\nnumber = \"+1\"\n\n[[user]]",
        );
        assert_eq!(add_lines(text, "branch", &[record("101")]).unwrap(), expected);
    }

    #[test]
    fn lines_in_brackets_are_added_to() {
        let text = "[[line_group]]\nname = \"main\"\nline = [{ user_name = \"100\" }]\n";
        let added = add_lines(text, "main", &[record("101")]).unwrap();
        assert!(
            added.contains("[{ user_name = \"100\" }, { user_name = \"101\", password = 'a\"b', number = \"+1\" }]")
        );
        assert!(add_lines("line_group = [{ name = \"main\" }]\n", "main", &[record("1")]).is_err());
    }
}
