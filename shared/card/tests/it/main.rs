//! What must not compile.

#[test]
fn a_card_can_be_neither_printed_nor_serialised_nor_copied() {
    trybuild::TestCases::new().compile_fail("tests/cannot_leak/*.rs");
}
