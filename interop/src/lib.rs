//! Nothing: the tests are the content.
