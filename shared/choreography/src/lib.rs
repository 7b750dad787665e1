//! choreography.
