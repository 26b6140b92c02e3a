//! rough
