//! The payment service.

fn main() -> std::process::ExitCode {
    runtime::host::main(switches::CRATES, |environment| Ok(vec![payment::service(environment)?]))
}
