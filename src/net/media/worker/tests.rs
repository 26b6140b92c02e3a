//! Workers together.
