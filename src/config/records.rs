//! Lines as CSV: user name, authentication user name, password, number; no header.

use csv::{ReaderBuilder, StringRecord, WriterBuilder};

use super::{Line, Secret};

/// Columns of a record.
const COLUMNS: usize = 4;

/// A line as a CSV file has it. What was left empty is None.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it stands in the file, from 1.
    pub line: u64,
    /// User part of the line's address.
    pub user_name: String,
    /// User name for authentication.
    pub auth_name: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// Its number.
    pub number: Option<String>,
}

/// Why a record cannot be used: one sentence that does not show the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where it stands in the file, from 1.
    pub line: u64,
    /// The sentence.
    pub sentence: String,
}

impl Mistake {
    /// What is wrong with the record of this line.
    pub fn new(line: u64, sentence: impl Into<String>) -> Mistake {
        Mistake { line, sentence: sentence.into() }
    }
}

/// Reads a CSV file, separated by commas or semicolons.
pub fn read(bytes: &[u8]) -> Vec<Result<Record, Mistake>> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}'),
        Err(error) => {
            let line = bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() as u64 + 1;
            return vec![Err(Mistake::new(line, "this is not UTF-8; save the file as UTF-8."))];
        }
    };
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator(text)).from_reader(text.as_bytes());
    let mut records = Vec::new();
    let mut fields = StringRecord::new();
    loop {
        match reader.read_record(&mut fields) {
            Ok(false) => return records,
            Ok(true) => {
                // Spreadsheets write rows of nothing but separators below the last one.
                if fields.iter().any(|field| !field.trim().is_empty()) {
                    records.push(record(line_of(&fields, text), &fields));
                }
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                records.push(Err(Mistake::new(line, format!("this is no CSV: {error}."))));
                return records;
            }
        }
    }
}

/// What separates the first line that has commas or semicolons into four columns or fewer; of two such the more
/// frequent. Quoted ones do not count.
fn separator(text: &str) -> u8 {
    for line in text.lines() {
        let (mut quoted, mut commas, mut semicolons) = (false, 0, 0);
        for character in line.chars() {
            match character {
                '"' => quoted = !quoted,
                ',' if !quoted => commas += 1,
                ';' if !quoted => semicolons += 1,
                _ => {}
            }
        }
        let separates = |count: usize| (1..COLUMNS).contains(&count);
        let by_semicolons = match (separates(commas), separates(semicolons)) {
            (true, false) => false,
            (false, true) => true,
            _ => semicolons > commas,
        };
        if commas + semicolons > 0 {
            return if by_semicolons { b';' } else { b',' };
        }
    }
    b','
}

/// Where a record begins. The reader's position is before the empty lines that it skips.
pub(crate) fn line_of(fields: &StringRecord, text: &str) -> u64 {
    let Some(position) = fields.position() else { return 0 };
    let rest = text.as_bytes().get(position.byte() as usize..).unwrap_or_default();
    let skipped = rest.iter().take_while(|&&byte| byte == b'\r' || byte == b'\n');
    position.line() + skipped.filter(|&&byte| byte == b'\n').count() as u64
}

fn record(line: u64, fields: &StringRecord) -> Result<Record, Mistake> {
    let mistake = |sentence: &str| Err(Mistake::new(line, sentence));
    if fields.iter().skip(COLUMNS).any(|field| !field.is_empty()) {
        return mistake("there are more than four columns: user name, authentication user name, password, number.");
    }
    // The password is the only one in which a space at the end may be meant.
    let [user_name, auth_name, number] = [0, 1, 3].map(|at| fields.get(at).unwrap_or_default().trim().to_owned());
    let password = fields.get(2).unwrap_or_default();
    if user_name.is_empty() {
        return mistake("the user name is missing.");
    }
    if [&user_name, &auth_name, &number, password].iter().any(|field| field.contains(char::is_control)) {
        return mistake("there is a line break or another control character in a value.");
    }
    let given = |text: String| (!text.is_empty()).then_some(text);
    let password = given(password.to_owned()).map(Secret::new);
    Ok(Record { line, user_name, auth_name: given(auth_name), password, number: given(number) })
}

/// Writes lines as they can be read again. Passwords are left empty, and what is as the user name.
pub fn write<'a>(lines: impl Iterator<Item = &'a Line>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    for line in lines {
        let different = |text: &'a str| if text == line.user_name { "" } else { text };
        writer.write_record([&line.user_name, different(&line.auth_name), "", different(&line.number)])?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(std::io::Error::other(error.to_string())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(text: &str) -> Record {
        read(text.as_bytes()).remove(0).unwrap()
    }

    #[test]
    fn what_spreadsheets_write_is_read() {
        let full = Record {
            line: 1,
            user_name: "müller".into(),
            auth_name: Some("auth,1".into()),
            password: Some(Secret::new("a\"b;c ")),
            number: Some("+49891".into()),
        };
        for text in [
            "müller,\"auth,1\",\"a\"\"b;c \",+49891",
            "\u{feff}müller;auth,1;\"a\"\"b;c \";+49891\r\n",
            "müller , \"auth,1\",\"a\"\"b;c \", +49891 ,,\r\n,,,\r\n",
        ] {
            let records = read(text.as_bytes());
            assert_eq!(records.len(), 1, "{text}");
            if !text.contains(", \"") {
                assert_eq!(records[0].as_ref().unwrap(), &full, "{text}");
            }
        }
        let alone = one("100");
        assert_eq!((alone.auth_name, alone.password, alone.number), (None, None, None));
    }

    #[test]
    fn mistakes_have_their_line() {
        let text = "100,,a,1\n\n,,b,2\n101,,c,3,extra\n102,,\"d\n\",4\n";
        for text in [text.to_owned(), text.replace('\n', "\r\n")] {
            let mistakes = read(text.as_bytes()).into_iter().filter_map(|record| record.err().map(|m| m.line));
            assert_eq!(mistakes.collect::<Vec<_>>(), [3, 4, 5]);
        }
        let latin = read(b"100,,a,1\nm\xfcller,,b,2\n");
        assert_eq!(latin, [Err(Mistake::new(2, "this is not UTF-8; save the file as UTF-8."))]);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            user_name in "[a-zA-Z0-9,;\"ü ]{0,6}[a-z0-9]",
            auth_name in "[a-z,;\"]{0,6}",
            number in "\\+?[0-9]{0,8}",
        ) {
            let user_name = user_name.trim().to_owned();
            let or_user = |text: String| if text.is_empty() { user_name.clone() } else { text };
            let line = Line {
                auth_name: or_user(auth_name),
                password: Secret::new("secret"),
                number: or_user(number),
                active: true,
                pilot: false,
                redirections: Vec::new(),
                removed: false,
                user_name,
            };
            let bytes = write([&line].into_iter()).unwrap();
            let record = read(&bytes).remove(0).unwrap();
            prop_assert_eq!(&record.user_name, &line.user_name);
            prop_assert_eq!(record.auth_name.unwrap_or_else(|| line.user_name.clone()), line.auth_name.clone());
            prop_assert_eq!(record.number.unwrap_or_else(|| line.user_name.clone()), line.number);
            prop_assert_eq!(record.password, None);
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            read(&bytes);
        }
    }
}
