//! The payment service.

fn main() -> std::process::ExitCode {
    runtime::host::main(|environment| Ok(vec![payment::service(environment)?]))
}
