//! The notifier service.

fn main() -> std::process::ExitCode {
    runtime::host::main(switches::CRATES, |environment| Ok(vec![notifier::service(environment)?]))
}
