//! The payment service.

/// A service allocates for every call that it makes (ADR 0045).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    runtime::host::main(switches::CRATES, |environment| Ok(vec![payment::service(environment)?]))
}
