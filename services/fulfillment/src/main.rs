//! The fulfillment service.

fn main() -> std::process::ExitCode {
    runtime::host::main(|environment| Ok(vec![fulfillment::service(environment)?]))
}
