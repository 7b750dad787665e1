//! The fulfillment service.

fn main() -> std::process::ExitCode {
    runtime::host::main(switches::CRATES, |environment| Ok(vec![fulfillment::service(environment)?]))
}
