//! The booking service.

fn main() -> std::process::ExitCode {
    runtime::host::main(switches::CRATES, |environment| Ok(vec![booking::service(environment)?]))
}
