//! The booking service.

fn main() -> std::process::ExitCode {
    runtime::host::main(|environment| Ok(vec![booking::service(environment)?]))
}
