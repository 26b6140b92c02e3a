//! Routes: where a call goes that arrives for a number that is nobody's line here.

use regex::Regex;

use crate::ids::LineGroupId;

/// One way from a line group to another.
#[derive(Debug, Clone)]
pub struct Route {
    /// Where calls come from.
    pub from: LineGroupId,
    /// The whole numbers it is for.
    pub number: Regex,
    /// Where they go.
    pub to: LineGroupId,
    /// What the number becomes, `$1` being what the pattern's first bracket holds. None: it stays.
    pub rewrite: Option<String>,
}

/// All routes; the first that fits is taken.
#[derive(Debug, Clone, Default)]
pub struct Routes(Vec<Route>);

impl Routes {
    /// In the order in which they are tried.
    pub fn new(routes: Vec<Route>) -> Routes {
        Routes(routes)
    }

    /// Where a call from `from` for `number` goes, and the number it has there.
    pub fn find(&self, from: LineGroupId, number: &str) -> Option<(LineGroupId, String)> {
        let route = self.0.iter().find(|route| route.from == from && route.number.is_match(number))?;
        let number = match &route.rewrite {
            None => number.to_owned(),
            Some(replacement) => route.number.replace(number, replacement).into_owned(),
        };
        (!number.is_empty()).then_some((route.to, number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(from: u32, number: &str, to: u32, rewrite: Option<&str>) -> Route {
        let number = Regex::new(&format!("^(?:{number})$")).unwrap();
        Route { from: LineGroupId(from), number, to: LineGroupId(to), rewrite: rewrite.map(str::to_owned) }
    }

    #[test]
    fn the_first_that_fits_is_taken() {
        let routes = Routes::new(vec![
            route(0, r"\+4989123(\d{2})", 1, Some("3$1")),
            route(0, r"\+49.*", 2, None),
            route(1, "0(.*)", 0, Some("+49$1")),
        ]);
        let find = |from, number| routes.find(LineGroupId(from), number);
        assert_eq!(find(0, "+498912345"), Some((LineGroupId(1), "345".into())));
        assert_eq!(find(0, "+49891234"), Some((LineGroupId(2), "+49891234".into())));
        assert_eq!(find(1, "089"), Some((LineGroupId(0), "+4989".into())));
        assert_eq!(find(1, "+4989"), None);
        assert_eq!(find(2, "089"), None);
    }
}
