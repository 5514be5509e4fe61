#![no_main]

use kraamzicht::intake::fuzzing;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzzing::check(bytes));
