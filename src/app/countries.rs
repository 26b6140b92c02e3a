//! What a site knows better of countries: its own files, read at the start and with each reload.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::numbers::country::{Countries, CountryFileProblem, CountryFiles};

/// Octets of a file at most.
const MAX_FILE: u64 = 32 << 20;
/// The files that there can be.
const FILES: [&str; 5] = ["countries.tsv", "special.tsv", "carriers.tsv", "cities.tsv", "international.tsv"];

/// Why a site's files of countries cannot be used. One sentence that says where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum CountryFilesError {
    /// The folder or a file in it.
    #[error("{path}: it cannot be read: {source}. Mend that, or set numbers.countries to the folder with the files.")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// More than anybody has.
    #[error("{0}: the file is too large: {mb} MB are read at most.", mb = MAX_FILE >> 20)]
    TooLarge(PathBuf),
    /// Another encoding.
    #[error("{path}, line {line}: this is not UTF-8. Save the file as UTF-8.")]
    Text {
        /// The file.
        path: PathBuf,
        /// Where that shows, from 1.
        line: usize,
    },
    /// A file that nothing is read from.
    #[error(
        "{0}: no file of this name is read. Call it countries.tsv, special.tsv, carriers.tsv, cities.tsv or international.tsv."
    )]
    Name(PathBuf),
    /// A line that means nothing.
    #[error("{path}, line {line}: {what}. Mend the line, or put # before it.")]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong.
        what: &'static str,
    },
}

/// The countries of a site: what is shipped, and its own files before that. A folder that nobody has set need not be there.
pub fn load(config: &Config) -> Result<Countries, CountryFilesError> {
    let usual = config.data_dir.join("countries");
    let folder = config.countries.as_deref().unwrap_or(&usual);
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && config.countries.is_none() => Ok(Countries::default()),
        Err(source) => Err(CountryFilesError::Read { path: folder.to_owned(), source }),
        Ok(entries) => {
            for entry in entries {
                let entry = entry.map_err(|source| CountryFilesError::Read { path: folder.to_owned(), source })?;
                let name = entry.file_name();
                let is_table = Path::new(&name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("tsv"));
                // Somebody has meant one of ours.
                if is_table && !FILES.iter().any(|file| name == *file) {
                    return Err(CountryFilesError::Name(entry.path()));
                }
            }
            read(folder)
        }
    }
}

fn read(folder: &Path) -> Result<Countries, CountryFilesError> {
    let [countries, special, carriers, cities, international] = FILES.map(|file| text(&folder.join(file)));
    let (countries, special, carriers) = (countries?, special?, carriers?);
    let (cities, international) = (cities?, international?);
    let files = CountryFiles {
        countries: countries.as_deref(),
        special: special.as_deref(),
        carriers: carriers.as_deref(),
        cities: cities.as_deref(),
        international: international.as_deref(),
    };
    Countries::default().with(files).map_err(|CountryFileProblem { file, line, what }| CountryFilesError::Line {
        path: folder.join(file),
        line,
        what,
    })
}

/// What is in a file. None: it is not there.
fn text(path: &Path) -> Result<Option<String>, CountryFilesError> {
    let problem = |source| CountryFilesError::Read { path: path.to_owned(), source };
    let file = match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(problem)?,
    };
    let mut octets = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut octets).map_err(problem)?;
    if octets.len() as u64 > MAX_FILE {
        return Err(CountryFilesError::TooLarge(path.to_owned()));
    }
    let text = String::from_utf8(octets).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        CountryFilesError::Text { path: path.to_owned(), line }
    })?;
    // Some editors put a mark at the front.
    Ok(Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A data directory that goes with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("offhook-countries-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(path.join("data/countries")).unwrap();
            Folder(path)
        }

        fn put(&self, file: &str, text: impl AsRef<[u8]>) -> &Folder {
            fs::write(self.0.join("data/countries").join(file), text).unwrap();
            self
        }

        fn config(&self, numbers: &str) -> Config {
            let text = format!("data_dir = \"data\"\n{numbers}");
            Config::parse(&text, "offhook.toml", &self.0).unwrap()
        }

        fn problem(&self) -> String {
            load(&self.config("")).unwrap_err().to_string()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_sites_own_files_win_over_those_that_are_shipped() {
        let folder = Folder::new("win");
        folder.put("special.tsv", "\u{feff}# ours\nDE\t19222\t\tKrankentransport\n").put("readme.txt", b"\xFF");
        let countries = load(&folder.config("")).unwrap();
        let germany = countries.get("DE").unwrap();
        assert!(germany.special_number("19222").is_some() && germany.special_number("110").is_none());
        assert!(countries.get("AT").unwrap().special_number("144").is_some(), "others are as they were");

        let elsewhere = folder.0.join("data/countries");
        fs::rename(&elsewhere, folder.0.join("ours")).unwrap();
        assert!(load(&folder.config("")).unwrap().get("DE").unwrap().special_number("110").is_some(), "none are there");
        let set = load(&folder.config("[numbers]\ncountries = \"ours\"\n")).unwrap();
        assert!(set.get("DE").unwrap().special_number("19222").is_some());
        let gone = load(&folder.config("[numbers]\ncountries = \"gone\"\n")).unwrap_err().to_string();
        assert!(gone.starts_with(&folder.0.join("gone").display().to_string()), "{gone}");
    }

    #[test]
    fn what_is_wrong_is_told_with_file_line_and_what_to_do() {
        let folder = Folder::new("wrong");
        let begins = |said: &str, file: &str, place: &str| {
            let path = folder.0.join("data/countries").join(file);
            said.starts_with(&format!("{}{place}", path.display()))
        };
        let said = folder.put("special.tsv", "DE\t110\n\nXX\t110\n").problem();
        assert!(begins(&said, "special.tsv", ", line 3: there is no such country"), "{said}");
        assert!(said.ends_with("Mend the line, or put # before it."), "{said}");
        let said = folder.put("special.tsv", b"DE\t110\nDE\t112\t\tB\xFCro\n").problem();
        assert!(begins(&said, "special.tsv", ", line 2: this is not UTF-8"), "{said}");
        let said = folder.put("special.tsv", "").put("citys.tsv", "").problem();
        assert!(begins(&said, "citys.tsv", ": no file of this name"), "{said}");
    }
}
