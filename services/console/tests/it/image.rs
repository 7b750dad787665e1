//! The image and the compose file, held to the rest of the repository; `infra/compose/test.sh` runs them.

use std::path::Path;

fn read(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file)).unwrap()
}

/// Behind these words, up to the end of the word that follows.
fn behind<'a>(text: &'a str, words: &str, end: char) -> &'a str {
    let rest = text.split_once(words).unwrap_or_else(|| panic!("{words} is missing")).1;
    rest.split(end).next().unwrap()
}

#[test]
fn the_image_is_built_with_the_toolchain_of_the_workspace() {
    let toolchain = read("rust-toolchain.toml");
    let image = read("Dockerfile");
    assert_eq!(behind(&image, "ARG BUILD_IMAGE=rust:", '-'), behind(&toolchain, "channel = \"", '"'));
}

#[test]
fn the_gateway_of_compose_may_be_called_by_the_name_that_payment_calls() {
    let compose = read("docker-compose.yml");
    let called = behind(&compose, "ENSEMBLE_GATEWAY_URL: http://", ':');
    assert_eq!(behind(&compose, "ENSEMBLE_ALLOW_HOSTS: ", '\n').trim_end_matches(" }"), called);
    assert!(compose.contains(&format!("\n  {called}:\n")), "{called} is no service");
}

#[test]
fn compose_publishes_ports_on_loopback_only() {
    let compose = read("docker-compose.yml");
    let mut lines = compose.lines();
    let mut ports = Vec::new();
    while lines.by_ref().any(|line| line.trim() == "ports:") {
        ports.extend(lines.by_ref().take_while(|line| line.trim().starts_with("- ")));
    }
    assert_eq!(ports.len(), compose.matches("ports:").count(), "one port below each `ports:`");
    for port in ports {
        assert!(port.trim().starts_with("- \"127.0.0.1:"), "{port}");
    }
}
