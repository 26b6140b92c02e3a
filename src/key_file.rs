//! Keys in files of their own, made when they are first needed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Octets of a key.
pub const KEY_LEN: usize = 32;

/// Reads a key; None where there is no file. One of another length is [`io::ErrorKind::InvalidData`].
pub fn read(path: &Path) -> io::Result<Option<[u8; KEY_LEN]>> {
    let short = |_| io::Error::new(io::ErrorKind::InvalidData, format!("it has not {KEY_LEN} octets"));
    match fs::read(path) {
        Ok(key) => key.try_into().map(Some).map_err(short),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes a random key that only the server's user can read. What was in the file before is gone.
pub fn make(path: &Path) -> io::Result<[u8; KEY_LEN]> {
    let mut key = [0; KEY_LEN];
    getrandom::fill(&mut key).map_err(|_| io::Error::other("the system gives no random numbers"))?;
    // Whole or not at all: half a key would stop every later start.
    let part = path.with_extension("part");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
    file.write_all(&key)?;
    file.sync_all()?;
    rename(&part, path)?;
    Ok(key)
}

/// Gives a file that is on disk its name, on disk, too: neither name is lost when the power fails.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_owner_and_never_taken_in_part() {
        let folder = std::env::temp_dir().join(format!("offhook-key-file-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("some.key");
        assert_eq!(read(&path).unwrap(), None);
        let key = make(&path).unwrap();
        assert_eq!(read(&path).unwrap(), Some(key));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_ne!(key, [0; KEY_LEN]);
        fs::write(&path, &key[1..]).unwrap();
        assert_eq!(read(&path).unwrap_err().kind(), io::ErrorKind::InvalidData);
        fs::remove_dir_all(&folder).unwrap();
    }
}
