//! x
#[path = "it/bad_input.rs"]
mod bad_input;
#[path = "it/canary.rs"]
mod canary;
#[path = "it/configuration.rs"]
mod configuration;
#[path = "it/counts.rs"]
mod counts;
#[path = "it/story.rs"]
mod story;
#[path = "it/world.rs"]
mod world;
