//! The notifier service.

fn main() -> std::process::ExitCode {
    runtime::host::main(|environment| Ok(vec![notifier::service(environment)?]))
}
