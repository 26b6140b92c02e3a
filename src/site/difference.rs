//! What a change of an object was.

use rustc_hash::FxHashSet;
use serde_json::{Map, Value, json};

/// Elements of a list that is told whole.
const SHORT: usize = 32;

/// Of a body before and after a change only the fields that differ. A long list is `{"in_both": 9999, "list": […]}`: how many
/// of its elements were there before and are afterwards, and those that are not. One whose elements only changed places is
/// told whole.
pub fn difference(before: &Value, after: &Value) -> (Value, Value) {
    let (Value::Object(old), Value::Object(new)) = (before, after) else { return (before.clone(), after.clone()) };
    let (mut from, mut to) = (Map::new(), Map::new());
    for (key, before) in old {
        match new.get(key) {
            Some(after) if before == after => {}
            Some(after) => {
                let (before, after) = less_kept(before, after);
                from.insert(key.clone(), before);
                to.insert(key.clone(), after);
            }
            None => _ = from.insert(key.clone(), before.clone()),
        }
    }
    let come = new.iter().filter(|(key, _)| !old.contains_key(*key));
    to.extend(come.map(|(key, value)| (key.clone(), value.clone())));
    (from.into(), to.into())
}

/// Two long lists without what is in both.
fn less_kept(before: &Value, after: &Value) -> (Value, Value) {
    if let (Value::Array(old), Value::Array(new)) = (before, after)
        && old.len().max(new.len()) > SHORT
    {
        let (gone, come) = (lacking(old, new), lacking(new, old));
        let in_both = new.len() - come.len();
        if in_both > 0 && !(gone.is_empty() && come.is_empty()) {
            return (json!({ "in_both": in_both, "list": gone }), json!({ "in_both": in_both, "list": come }));
        }
    }
    (before.clone(), after.clone())
}

/// The elements that are not among others.
fn lacking(those: &[Value], others: &[Value]) -> Vec<Value> {
    let others: FxHashSet<String> = others.iter().map(Value::to_string).collect();
    those.iter().filter(|each| !others.contains(&each.to_string())).cloned().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let before = json!({
            "name": "Sales", "members": ["a", "b"], "leader": null, "phones": { "mobile": "1", "pager": "2" },
            "old": true, "same": [],
        });
        let after = json!({
            "name": "Sales", "members": ["a", "c"], "leader": "a", "phones": { "mobile": "3", "pager": "2" },
            "new": { "x": 1 }, "same": [],
        });
        let (from, to) = difference(&before, &after);
        let gone = json!({ "members": ["a", "b"], "leader": null, "phones": before["phones"], "old": true });
        let come = json!({ "members": ["a", "c"], "leader": "a", "phones": after["phones"], "new": { "x": 1 } });
        assert_eq!((from, to), (gone, come));
    }

    #[test]
    fn of_a_long_list_only_what_went_and_came_is_told() {
        let numbers = |range: std::ops::Range<u32>| json!({ "members": range.collect::<Vec<_>>() });
        let (from, to) = difference(&numbers(0..10_000), &numbers(1..10_001));
        assert_eq!(from, json!({ "members": { "in_both": 9_999, "list": [0] } }));
        assert_eq!(to, json!({ "members": { "in_both": 9_999, "list": [10_000] } }));
        // Nothing is in both, or everything.
        assert_eq!(difference(&numbers(0..50), &numbers(50..51)), (numbers(0..50), numbers(50..51)));
        let mut turned: Vec<u32> = (0..50).collect();
        turned.reverse();
        let turned = json!({ "members": turned });
        assert_eq!(difference(&numbers(0..50), &turned), (numbers(0..50), turned));
    }
}
