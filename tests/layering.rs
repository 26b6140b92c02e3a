//! Which module may name which: the layers of `docs/architecture.md`, kept by reading the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The domain: it names nobody who drives it.
const DOMAIN: [&str; 9] = ["call", "journal", "line", "numbers", "picture", "quality", "rights", "site", "user"];

/// The part of the domain that is pure: no runtime either.
const PURE: [&str; 7] = ["call", "line", "numbers", "picture", "quality", "rights", "site"];

/// What stands above the domain.
const ABOVE: [&str; 12] =
    ["administration", "app", "capture", "cli", "csta", "demo", "key_file", "log", "net", "shelf", "store", "web"];

#[test]
fn the_domain_names_nothing_above_it() {
    let mut violations = Vec::new();
    for module in DOMAIN {
        for file in sources(&root().join("src").join(module)).into_iter().chain(lone_file(module)) {
            let text = code(&file);
            let above = named_modules(&text).into_iter().filter(|m| ABOVE.contains(&m.as_str()));
            violations.extend(above.map(|m| format!("{} names crate::{m}", file.display())));
            let runtime = PURE.contains(&module) && names_crate(&text, "tokio");
            violations.extend(runtime.then(|| format!("{} names tokio", file.display())));
        }
    }
    assert!(violations.is_empty(), "{violations:#?}");
}

#[test]
fn the_cores_name_neither_tokio_nor_each_other() {
    for (core, others) in
        [("sip", ["tokio", "offhook_media", "offhook"]), ("media", ["tokio", "offhook_sip", "offhook"])]
    {
        let files = sources(&root().join(core).join("src"));
        assert!(!files.is_empty(), "{core} has no sources");
        for file in files {
            let text = code(&file);
            for other in others {
                assert!(!names_crate(&text, other), "{} names {other}", file.display());
            }
        }
    }
}

#[test]
fn the_configuration_names_no_domain() {
    let files = sources(&root().join("src/config"));
    assert!(!files.is_empty(), "config has no sources");
    for file in files {
        let named = named_modules(&code(&file));
        let outside = |module: &&String| DOMAIN.contains(&module.as_str()) || ABOVE.contains(&module.as_str());
        let outside: Vec<_> = named.iter().filter(outside).collect();
        assert!(outside.is_empty(), "{} names {outside:?}", file.display());
    }
}

#[test]
fn the_reader_of_sources_finds_every_way_to_name_a_module() {
    let text =
        "use crate::net::Socket; use crate::{store, web::{a, b}}; fn f() { crate :: app::go() } let s = \"crate::no\";";
    let found: Vec<String> = named_modules(&strip(text)).into_iter().collect();
    assert_eq!(found, ["app", "net", "store", "web"]);
    assert!(names_crate(&strip("use tokio::net;"), "tokio"));
    assert!(!names_crate(&strip("// tokio::net\nlet a = my_tokio::x;"), "tokio"));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files
}

/// `src/journal.rs`, for a module that is one file.
fn lone_file(module: &str) -> Option<PathBuf> {
    Some(root().join("src").join(module).with_extension("rs")).filter(|path| path.is_file())
}

fn code(file: &Path) -> String {
    strip(&fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display())))
}

/// The text without comments, strings and spaces around `::`.
fn strip(text: &str) -> String {
    let mut code = String::new();
    for line in text.lines() {
        let mut quoted = false;
        let mut previous = ' ';
        for (at, character) in line.char_indices() {
            if !quoted && line[at..].starts_with("//") {
                break;
            }
            // A character literal of a quote is not the begin of a string.
            if character == '"' && previous != '\\' && previous != '\'' {
                quoted = !quoted;
            } else if !quoted {
                code.push(character);
            }
            previous = character;
        }
        code.push('\n');
    }
    code.replace(" ::", "::").replace(":: ", "::")
}

/// The first segments of all paths that begin with `crate::`, groups in braces taken apart.
fn named_modules(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, prefix) in code.match_indices("crate::") {
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            None => found.extend(identifier(rest)),
            Some(group) => {
                let mut depth = 1;
                let mut begins = true;
                for (at, character) in group.char_indices() {
                    match character {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        ',' if depth == 1 => begins = true,
                        c if begins && !c.is_whitespace() => {
                            found.extend(identifier(&group[at..]));
                            begins = false;
                        }
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
        }
    }
    found
}

fn identifier(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

fn names_crate(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back().is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == ':'));
        let after = &code[at + name.len()..];
        before && (after.starts_with("::") || after.starts_with(';') || after.starts_with(" as "))
    })
}
