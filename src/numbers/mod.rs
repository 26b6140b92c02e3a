//! Numbers: what is dialled, and where it leads. Pure.

pub mod route;
